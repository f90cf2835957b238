use avouch_event::{EventBuf, FieldReader, Reads, Shape, types};

use super::*;
use crate::reader::Run;

fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Str(s) => String::from_utf8_lossy(s).into_owned(),
        Value::Uint(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::List(l) => format!("({})", l.iter().map(plain).collect::<Vec<_>>().join(",")),
        other => format!("{other:?}"),
    }
}

/// Reads each field (with its argument in brackets) of one record; `-` for absent.
fn read(source: Source, record: &str, fields: &[&str]) -> String {
    let mut buf = EventBuf::new(types::PLUGINEVENT_E);
    buf.push_u32(source.plugin_id()).push(record.as_bytes());
    (buf.num, buf.timestamp) = (3, 1_534_551_451_397_761_344);
    let event = buf.event();
    let run = Run { first_timestamp: 1_534_551_450_000_000_001, utc_offset: 3600, hostname: b"vm" };
    let reader = JsonReader::new(&event, run).unwrap();
    let catalog = SourceFields::of(source);
    let mut out = String::new();
    for field in fields {
        let (name, arg) = match field.split_once('[') {
            Some((name, arg)) => (name, arg.strip_suffix(']')),
            None => (*field, None),
        };
        let found = catalog.resolve(name, arg).unwrap_or_else(|e| panic!("{field}: {e:?}"));
        let arena = Arena::new();
        let value = reader.read(&found, &arena).map_or("-".to_owned(), |v| plain(&v));
        out += &format!("{field} = {value}\n");
    }
    out
}

const POD: &str = r#"{"kind":"Event","auditID":"x","requestURI":"/api/v1/namespaces/shop/pods/web/exec?command=sh&command=-c&container=a%20b+c&x","verb":"create",
 "user":{"username":"alice","groups":["dev","system:authenticated"]},"sourceIPs":["10.0.0.1","10.0.0.2"],
 "objectRef":{"resource":"pods","namespace":"shop","name":"web"},"responseStatus":{"code":201},
 "responseObject":{"metadata":{"name":"web-1"}},
 "annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""},
 "requestObject":{"spec":{"hostNetwork":true,"securityContext":{"runAsUser":1000,"supplementalGroups":[10, 20]},
  "volumes":[{"name":"a","hostPath":{"path":"/etc/ssl","type":""}},{"name":"b","emptyDir":{}},{"name":"c","flexVolume":{"driver":"d"}}],
  "initContainers":[{"name":"i","image":"i:1","securityContext":{"privileged":true}}],
  "containers":[
   {"name":"one","image":"docker.io/library/nginx:1.25@sha256:ab","args":["-c","x y"],"ports":[{"containerPort":80},{"containerPort":81,"hostPort":8081}],
    "securityContext":{"privileged":false,"runAsUser":0,"capabilities":{"add":["SYS_ADMIN", "NET_ADMIN"]}}},
   {"name":"two","image":"redis"}]}}}"#;

#[test]
fn pods_read_as_documented() {
    insta::assert_snapshot!(read(
        Source::K8sAudit,
        POD,
        &[
            "ka.auditid",
            "ka.user.name",
            "ka.user.groups",
            "ka.auth.reason",
            "ka.uri.param[command]",
            "ka.uri.param[container]",
            "ka.uri.param[x]",
            "ka.uri.param[nosuch]",
            "ka.target.pod.name",
            "ka.target.subresource",
            "ka.response.code",
            "ka.sourceips",
            "ka.sourceips[1]",
            "ka.sourceips[2]",
            "ka.req.pod.host_network",
            "ka.req.pod.host_pid",
            "ka.req.pod.containers.image",
            "ka.req.pod.containers.image[1]",
            "ka.req.pod.containers.image[2]",
            "ka.req.pod.containers.image.repository",
            "ka.req.container.image.repository",
            "ka.req.pod.containers.args",
            "ka.req.pod.containers.command",
            "ka.req.pod.containers.host_port",
            "ka.req.pod.containers.privileged",
            "ka.req.container.privileged",
            "ka.req.pod.initContainers.privileged",
            "ka.req.pod.containers.run_as_user",
            "ka.req.pod.containers.eff_run_as_user",
            "ka.req.pod.containers.eff_run_as_group",
            "ka.req.pod.ephemeralContainers.image",
            "ka.req.pod.containers.add_capabilities",
            "ka.req.pod.supplemental_groups",
            "ka.req.pod.volumes.hostpath",
            "ka.req.pod.volumes.volume_type",
            "ka.req.pod.volumes.flexvolume_driver",
            "ka.req.volume.hostpath[/etc*]",
            "ka.req.volume.hostpath[/etc]",
            "ka.req.binding.subject.has_name[x]",
            "ka.req.role.rules",
            "jevt.value[/requestObject/spec/volumes/0]",
            "json.value[annotations/authorization.k8s.io~1decision]",
            "jevt.rawtime",
            "evt.plugininfo",
        ]
    ));
}

#[test]
fn roles_and_bindings_read_as_documented() {
    let record = r#"{"auditID":"x","verb":"create","requestURI":"/apis/rbac","requestObject":{"roleRef":{"name":"cluster-admin"},
      "rules":[{"apiGroups":[""],"resources":["pods","pods/exec"],"verbs":["get"]},{"nonResourceURLs":["/metrics"],"verbs":["*"]}],
      "subjects":[{"kind":"User","name":"bob"},{"kind":"ServiceAccount","name":"ci","namespace":"shop"},{"kind":"Group","name":"g"}]}}"#;
    insta::assert_snapshot!(read(Source::K8sAudit, record, &[
        "ka.req.role.rules", "ka.req.role.rules.verbs", "ka.req.role.rules.verbs[1]", "ka.req.role.rules.resources[1]",
        "ka.req.role.rules.apiGroups", "ka.req.role.rules.nonResourceURLs", "ka.req.binding.role", "ka.req.binding.subjects",
        "ka.req.binding.subjects.user_names", "ka.req.binding.subjects.serviceaccount_names",
        "ka.req.binding.subjects.serviceaccount_ns_names", "ka.req.binding.subjects.group_names", "evt.plugininfo",
    ]), @r#"
    ka.req.role.rules = ({"apiGroups":[""],"resources":["pods","pods/exec"],"verbs":["get"]},{"nonResourceURLs":["/metrics"],"verbs":["*"]})
    ka.req.role.rules.verbs = (get,*)
    ka.req.role.rules.verbs[1] = (*)
    ka.req.role.rules.resources[1] = -
    ka.req.role.rules.apiGroups = ()
    ka.req.role.rules.nonResourceURLs = (/metrics)
    ka.req.binding.role = cluster-admin
    ka.req.binding.subjects = ({"kind":"User","name":"bob"},{"kind":"ServiceAccount","name":"ci","namespace":"shop"},{"kind":"Group","name":"g"})
    ka.req.binding.subjects.user_names = (bob)
    ka.req.binding.subjects.serviceaccount_names = (ci)
    ka.req.binding.subjects.serviceaccount_ns_names = (shop:ci)
    ka.req.binding.subjects.group_names = (g)
    evt.plugininfo = - create /apis/rbac 
    "#);
}

#[test]
fn calls_read_as_documented() {
    let record = r#"{"eventID":"e","eventTime":"2014-03-06T21:22:54Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventType":"AwsApiCall",
      "awsRegion":"us-east-2","sourceIPAddress":"192.0.2.7","errorCode":null,"readOnly":true,"managementEvent":false,
      "userIdentity":{"type":"AssumedRole","principalId":"AROA:session","arn":"arn:aws:sts::1:assumed-role/Role/sess","sessionContext":{"sessionIssuer":{"userName":"Role"}}},
      "recipientAccountId":"12","requestParameters":{"bucketName":"b","key":"k/1","name":{"a": 1}},"responseElements":null,
      "additionalEventData":{"bytesTransferredIn":0,"bytesTransferredOut":33.0},"resources":[{"ARN": "a"},{"ARN":"b"}],"tlsDetails":{"tlsVersion":"TLSv1.3"}}"#;
    insta::assert_snapshot!(read(
        Source::CloudTrail,
        record,
        &[
            "ct.id",
            "ct.error",
            "ct.src",
            "ct.shortsrc",
            "ct.name",
            "ct.user",
            "ct.originaluser",
            "ct.user.accountid",
            "ct.readonly",
            "ct.managementevent",
            "ct.request",
            "ct.request.name",
            "ct.request.host",
            "ct.response",
            "ct.resources",
            "ct.additionaleventdata",
            "ct.tlsdetails.tlsversion",
            "s3.uri",
            "s3.bytes",
            "s3.bytes.in",
            "s3.bytes.out",
            "s3.cnt.get",
            "s3.cnt.put",
            "s3.cnt.other",
            "ct.info",
            "evt.plugininfo",
            "json.value[/userIdentity/type]",
        ]
    ));
    let record = r#"{"eventName":"RunInstances","readOnly":false,"errorCode":"Denied","sourceIPAddress":"ec2","userIdentity":{"type":"Root","userName":"r"},
      "requestParameters":{"imageId":"ami-0","tagSpecificationSet":{"items":[{"resourceType":"volume","tags":[{"key":"Name","value":"v"}]},{"resourceType":"instance","tags":[{"key":"Name","value":"n"}]}]},
       "instancesSet":{"items":[{"imageId":"ami-1"},{"imageId":"ami-2"}]}},"responseElements":{}}"#;
    insta::assert_snapshot!(read(Source::CloudTrail, record, &[
        "ct.error", "ct.user", "ct.originaluser", "ct.info", "ec2.name", "ec2.imageid", "ec2.imageids", "ec2.imageids[1]", "ec2.imageids[2]", "s3.bytes", "s3.cnt.other",
    ]), @r"
    ct.error = Denied
    ct.user = r
    ct.originaluser = r
    ct.info = r via ec2 !→ RunInstances
    ec2.name = n
    ec2.imageid = ami-1
    ec2.imageids = (ami-1,ami-2)
    ec2.imageids[1] = (ami-2)
    ec2.imageids[2] = -
    s3.bytes = -
    s3.cnt.other = 1
    ");
}

#[test]
fn generic_fields_read() {
    insta::assert_snapshot!(read(Source::K8sAudit, "{}", &[
        "evt.num", "evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s", "evt.rawtime", "evt.rawtime.s",
        "evt.rawtime.ns", "evt.reltime", "evt.reltime.s", "evt.reltime.ns", "evt.pluginname", "evt.source", "evt.is_async",
        "evt.asynctype", "evt.hostname", "ka.verb",
    ]), @r"
    evt.num = 3
    evt.time = 01:17:31.397761344
    evt.time.s = 01:17:31
    evt.time.iso8601 = 2018-08-18T00:17:31.397761344+0000
    evt.datetime = 2018-08-18 01:17:31.397761344
    evt.datetime.s = 2018-08-18 01:17:31
    evt.rawtime = 1534551451397761344
    evt.rawtime.s = 1534551451
    evt.rawtime.ns = 397761344
    evt.reltime = 1397761343
    evt.reltime.s = 1
    evt.reltime.ns = 397761343
    evt.pluginname = k8saudit
    evt.source = k8s_audit
    evt.is_async = false
    evt.asynctype = -
    evt.hostname = vm
    ka.verb = -
    ");
}

#[test]
fn hostile_records_read_as_something_or_nothing() {
    for record in ["", "[]", "{\"auditID\":", "{\"auditID\":\"x\",\"requestObject\":7}", "\u{0}", POD] {
        for source in Source::ALL {
            let catalog = SourceFields::of(source);
            let names: Vec<String> = catalog
                .fields()
                .iter()
                .map(|d| match d.arg {
                    ArgSpec::RequiredKey => format!("{}[*]", d.name),
                    ArgSpec::RequiredIndex => format!("{}[0]", d.name),
                    _ => d.name.to_owned(),
                })
                .collect();
            read(source, record, &names.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}

#[test]
fn names_and_arguments_resolve() {
    let fields = SourceFields::of(Source::K8sAudit);
    assert_eq!(fields.resolve("ka.verbs", None), Err(FieldError::Unknown));
    assert_eq!(fields.resolve("evt.type", None), Err(FieldError::Unknown));
    assert_eq!(fields.resolve("ka.verb", Some("0")), Err(FieldError::UnexpectedArg));
    assert_eq!(fields.resolve("ka.uri.param", None), Err(FieldError::MissingArg));
    assert!(matches!(fields.resolve("ka.req.pod.containers.image", Some("01")), Err(FieldError::BadArg(_))));
    assert!(matches!(fields.resolve("ka.req.pod.containers.image", Some("x")), Err(FieldError::BadArg(_))));
    assert!(matches!(fields.resolve("ka.req.pod.containers.image", Some("")), Err(FieldError::BadArg(_))));
    let found = fields.resolve("ka.req.pod.containers.image", Some("0")).unwrap();
    assert_eq!((found.arg, found.shape), (FieldArg::Index(0), Shape::List));
}

#[test]
fn every_field_reads_or_says_why_not() {
    for (source, own) in [
        (Source::K8sAudit, 100),
        (Source::CloudTrail, 73),
        (Source::Okta, 54),
        (Source::Github, 25),
        (Source::GcpAudit, 25),
    ] {
        let fields = SourceFields::of(source);
        assert_eq!(fields.fields().len(), 18 + own + 6, "{source:?}");
        assert_eq!(fields.by_name.len(), fields.fields().len(), "a name twice in {source:?}");
        let never = fields.fields().iter().filter(|d| matches!(d.reads, Reads::Never(why) if !why.is_empty())).count();
        let expected = if matches!(source, Source::K8sAudit | Source::CloudTrail) { 0 } else { own };
        assert_eq!(never, expected, "{source:?}");
        for decl in fields.fields() {
            assert!(decl.doc.ends_with('.') && decl.doc.len() > 5, "{}", decl.name);
            let arg = if decl.arg == ArgSpec::None { None } else { Some("0") };
            let found = fields.resolve(decl.name, arg).unwrap();
            assert_eq!(fields.decl(found.id).name, decl.name);
        }
    }
}
