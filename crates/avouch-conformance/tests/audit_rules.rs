//! The upstream rules over real audit logs and CloudTrail records: what is said to have happened there is what fires.

#![expect(clippy::expect_used, reason = "tests; a missing file or a wrong table is a failure")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use avouch_audit::{JsonReader, Limits, PLUGINS, Records, Run, Source, SourceFields, Step};
use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::SourceMap;
use avouch_engine::{CompileOptions, Compiled, Matching, Scratch, compile};
use avouch_event::{Arena, EventBuf, FieldCatalog, types};
use avouch_rules::{LoadOptions, load};

/// The pack, compiled so that every rule that matches is found.
fn compiled(pack: &Path, source: Source) -> Compiled {
    let mut map = SourceMap::default();
    let text = std::fs::read_to_string(pack).expect("read rules");
    let file = map.add(pack.display().to_string(), text);
    let loaded = load(&map, &[file], &LoadOptions { plugins: Some(PLUGINS), ..LoadOptions::default() });
    assert_eq!(loaded.first_error(), None, "{}", pack.display());
    let catalog: &dyn FieldCatalog = SourceFields::of(source);
    let options = CompileOptions { matching: Matching::All, ..CompileOptions::default() };
    let compiled = compile(&loaded.rules, &[(source.name(), catalog)], &options);
    let errors: Vec<_> =
        compiled.diagnostics.iter().filter(|d| d.severity == avouch_diagnostics::Severity::Error).collect();
    assert!(errors.is_empty(), "{}: {errors:?}", pack.display());
    compiled
}

/// Rules that fire on each record of a file, by the record's id, in the order of the file.
fn fired(compiled: &Compiled, source: Source, file: &Path, id: &str) -> Vec<(String, BTreeSet<String>)> {
    let program = compiled.program(source.name()).expect("a program");
    let mut records = Records::new(File::open(file).expect("open"), Limits::default());
    let mut buf = EventBuf::new(types::PLUGINEVENT_E);
    let (mut arena, mut scratch) = (Arena::new(), Scratch::default());
    let mut out = Vec::new();
    while let Some(step) = records.next(&mut buf).expect("read") {
        if !matches!(step, Step::Event(_)) {
            continue;
        }
        let event = buf.event();
        let reader = JsonReader::new(&event, Run::default()).expect("a record");
        let rules = program.judge(event.ty, &reader, &arena, &mut scratch);
        let names = rules.iter().map(|i| program.rule(*i).expect("a rule").name.clone()).collect();
        let id = reader.record().and_then(|r| r.get(id)).expect("an id").shown(&arena);
        out.push((String::from_utf8_lossy(id).into_owned(), names));
        drop(reader);
        arena.reset();
    }
    out
}

/// One row of `audit_expected.tsv`: what the rules must say, written down by reading the rules beside the ground truth.
struct Expected<'t> {
    log: &'t str,
    /// Step, object, or file.
    what: &'t str,
    /// Rules on the records themselves, but for [`OUTSIDERS`].
    own: BTreeSet<&'t str>,
    /// Rules on what controllers did because of them.
    derived: BTreeSet<&'t str>,
}

/// Fires on everything that a user outside the pack's list does, so it is held for all steps at once.
const OUTSIDERS: &str = "Disallowed K8s User";

fn expected(text: &str) -> Vec<Expected<'_>> {
    text.lines()
        .skip_while(|l| l.starts_with('#'))
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let names = |i: usize| cells[i].split("; ").filter(|n| *n != "-").collect();
            Expected { log: cells[0], what: cells[1], own: names(2), derived: names(3) }
        })
        .collect()
}

fn difference(what: &str, expected: &BTreeSet<&str>, fired: &BTreeSet<&str>) -> Option<String> {
    (expected != fired).then(|| format!("{what}: fired {fired:?}, expected {expected:?}"))
}

#[test]
fn steps_against_a_real_cluster_fire_what_the_rules_say() {
    let Some(data) = testdata() else { return };
    let compiled = compiled(&data.join("rules/plugins/k8saudit/k8s_audit_rules.yaml"), Source::K8sAudit);
    let dev = data.join("k8s_audit/dev");
    let fired = fired(&compiled, Source::K8sAudit, &dev.join("audit.jsonl.gz"), "auditID");
    let on = |ids: &str| -> BTreeSet<&str> {
        let ids: BTreeSet<&str> = ids.split(',').collect();
        fired.iter().filter(|(id, _)| ids.contains(id.as_str())).flat_map(|(_, n)| n).map(String::as_str).collect()
    };
    let truth = std::fs::read_to_string(dev.join("ground_truth.tsv")).expect("read");
    let rows = expected(include_str!("audit_expected.tsv"));
    let mut tally = Tally::new("audit_k8s_steps");
    let mut steps = 0;
    for line in truth.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [step, _, user, tags, description, outcome, _, _, ids, derived, ..] = cells[..] else {
            panic!("ground truth row {line}")
        };
        let row = rows.iter().find(|r| r.log == "dev" && r.what == step);
        let row = row.unwrap_or_else(|| panic!("step {step} ({tags}: {description}) is not in audit_expected.tsv"));
        let mut own = on(ids);
        let outsider = own.remove(OUTSIDERS);
        let meant = matches!(user, "alice" | "bob" | "mallory");
        let found = difference("itself", &row.own, &own)
            .or_else(|| difference("derived", &row.derived, &on(derived)))
            .or_else(|| (outsider != meant).then(|| format!("{OUTSIDERS}: {outsider} for {user}")));
        tally.case(&format!("{step} {description} ({outcome})"), found);
        steps += 1;
    }
    assert_eq!(steps, rows.iter().filter(|r| r.log == "dev").count(), "steps of audit_expected.tsv");
    tally.finish();
}

#[test]
fn misconfigured_workloads_fire_and_hardened_ones_do_not() {
    let Some(data) = testdata() else { return };
    let pack = data.join("rules/plugins/k8saudit/k8s_audit_rules.yaml");
    let compiled = compiled(&pack, Source::K8sAudit);
    let folder = data.join("k8s_audit/workloads");
    let fired: BTreeMap<String, BTreeSet<String>> =
        fired(&compiled, Source::K8sAudit, &folder.join("audit.jsonl.gz"), "auditID").into_iter().collect();
    let objects = objects(&folder.join("audit.jsonl.gz"));
    let truth = std::fs::read_to_string(folder.join("ground_truth.tsv")).expect("read");
    let rows = expected(include_str!("audit_expected.tsv"));
    let mut tally = Tally::new("audit_k8s_workloads");
    for line in truth.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [_, kind, namespace, name, description, ..] = cells[..] else { panic!("ground truth row {line}") };
        let what = format!("{kind} {name}");
        let row = rows.iter().find(|r| r.log == "workloads" && r.what == what);
        let row = row.unwrap_or_else(|| panic!("{what} ({description}) is not in audit_expected.tsv"));
        let resource = match kind {
            "Ingress" => "ingresses".to_owned(),
            "NetworkPolicy" => "networkpolicies".to_owned(),
            _ => format!("{}s", kind.to_lowercase()),
        };
        let (mut own, mut derived) = (BTreeSet::new(), BTreeSet::new());
        for object in objects.iter().filter(|o| o.namespace == namespace || namespace == "-" && o.namespace.is_empty())
        {
            let names = fired.get(&object.id).into_iter().flatten().map(String::as_str);
            if object.resource == resource && object.name == name {
                own.extend(names);
            } else if object.resource == "pods" && object.name.starts_with(&format!("{name}-")) {
                derived.extend(names);
            }
        }
        let found = difference("itself", &row.own, &own).or_else(|| difference("derived", &row.derived, &derived));
        tally.case(&format!("{what}: {description}"), found);
    }
    tally.finish();
}

/// What a record created.
struct Object {
    id: String,
    namespace: String,
    resource: String,
    name: String,
}

/// Objects that records created, dry runs included.
fn objects(log: &Path) -> Vec<Object> {
    let mut records = Records::new(File::open(log).expect("open"), Limits::default());
    let mut buf = EventBuf::new(types::PLUGINEVENT_E);
    let mut out = Vec::new();
    while let Some(step) = records.next(&mut buf).expect("read") {
        assert!(matches!(step, Step::Event(_)));
        let event = buf.event();
        let reader = JsonReader::new(&event, Run::default()).expect("a record");
        let arena = Arena::new();
        let text = |pointer: &str| {
            let node = reader.record().and_then(|r| r.pointer(pointer));
            node.map_or(String::new(), |n| String::from_utf8_lossy(n.shown(&arena)).into_owned())
        };
        if text("/verb") == "create" && text("/objectRef/subresource").is_empty() {
            out.push(Object {
                id: text("/auditID"),
                namespace: text("/objectRef/namespace"),
                resource: text("/objectRef/resource"),
                name: text("/responseObject/metadata/name"),
            });
        }
    }
    out
}

#[test]
fn attack_techniques_fire_what_the_rules_say() {
    let Some(data) = testdata() else { return };
    let pack = data.join("rules/plugins/cloudtrail/aws_cloudtrail_rules.yaml");
    let compiled = compiled(&pack, Source::CloudTrail);
    let rows = expected(include_str!("audit_expected.tsv"));
    let mut tally = Tally::new("audit_cloudtrail_techniques");
    let mut files = 0;
    for row in rows.iter().filter(|r| r.log == "cloudtrail") {
        let file = data.join("cloudtrail").join(format!("{}.json", row.what));
        let fired = fired(&compiled, Source::CloudTrail, &file, "eventID");
        let own: BTreeSet<&str> = fired.iter().flat_map(|(_, n)| n).map(String::as_str).collect();
        tally.case(row.what, difference("rules", &row.own, &own));
        files += 1;
    }
    let all = std::fs::read_dir(data.join("cloudtrail")).expect("folder");
    let all = all.filter(|e| e.as_ref().is_ok_and(|e| e.path().extension().is_some_and(|x| x == "json"))).count();
    assert_eq!(files, all, "techniques of audit_expected.tsv");
    tally.finish();
}

#[test]
fn falcos_own_cloudtrail_case_fires() {
    let Some(data) = testdata() else { return };
    let test = data.join("falco/falco-test");
    let compiled = compiled(&test.join("rules/plugins/cloudtrail_create_instances.yaml"), Source::CloudTrail);
    for name in ["alice_start_instances.json", "alice_start_instances_bigevent.json"] {
        let fired = fired(&compiled, Source::CloudTrail, &test.join("trace_files/plugins").join(name), "eventName");
        let expected = BTreeSet::from(["Cloudtrail Create Instance".to_owned()]);
        assert_eq!(fired, [("StartInstances".to_owned(), expected)], "{name}");
    }
}
