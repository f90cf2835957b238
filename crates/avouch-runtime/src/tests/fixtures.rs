//! Metadata of real containers: every folder of the test data, by every way that could tell of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::recorded::{Fixture, containerd, cri_server, fixtures};
use super::{is_partial, known, nothing, query, resolve, until};
use crate::{Answer, Config, Resolver, RuntimeKind, from_podman_inspect};

impl Fixture {
    /// What the README of the test data says of each: name, privileged, machine's pids, machine's network, address.
    fn truth(&self) -> (&str, bool, Option<bool>, bool, Option<&str>) {
        let no = Some(false);
        match self.folder.as_str() {
            "cri-podnet-container" => ("main", false, no, false, Some("10.77.0.2")),
            "cri-podnet-sandbox" => ("podnet", false, no, false, Some("10.77.0.2")),
            "cri-priv-container" => ("main", true, no, true, None),
            "cri-priv-sandbox" => ("priv", false, no, true, None),
            "cri-web-container" => ("main", false, no, true, None),
            "cri-web-sandbox" => ("web", false, no, true, None),
            "ctr-ct1" => ("ct1", false, no, false, None),
            "ctr-ct2" => ("ct2", true, no, true, None),
            // It joins the process namespace of another container, which may be the machine's for all it says itself.
            "kubelet-real-debugger-9kfmm" => ("debugger-9kfmm", false, None, false, Some("10.77.0.3")),
            "kubelet-real-main" => ("main", false, no, false, Some("10.77.0.3")),
            "kubelet-real-sandbox" => ("real", false, no, false, Some("10.77.0.3")),
            "kubelet-realhost-main" => ("main", true, Some(true), true, None),
            "kubelet-realhost-sandbox" => ("realhost", false, Some(true), true, None),
            "kubelet-web-55955db54c-bghcj-main" => ("main", false, no, false, Some("10.77.0.5")),
            "kubelet-web-55955db54c-bghcj-sandbox" => ("web-55955db54c-bghcj", false, no, false, Some("10.77.0.5")),
            "kubelet-web-55955db54c-kgh8d-main" => ("main", false, no, false, Some("10.77.0.4")),
            "kubelet-web-55955db54c-kgh8d-sandbox" => ("web-55955db54c-kgh8d", false, no, false, Some("10.77.0.4")),
            "podman-b2" => ("b2", false, no, true, None),
            "podman-c1" => ("c1", false, no, false, None),
            "podman-c2" => ("c2", false, no, false, Some("10.88.0.3")),
            "podman-c3" => ("c3", true, Some(true), true, None),
            "podman-c6" => ("c6", false, no, false, None),
            "podman-c7" => ("c7", false, no, false, None),
            other => panic!("no truth is written down for {other}"),
        }
    }

    /// Holds what is told against the truth; files do not tell addresses.
    fn check(&self, c: &Value, with_address: bool) {
        let (name, privileged, host_pid, host_network, ip) = self.truth();
        let at = &self.folder;
        assert_eq!(c["full_id"], json!(self.id), "{at}");
        assert_eq!(c["id"], json!(crate::short_id(&self.id)), "{at}");
        assert_eq!(c["name"], json!(name), "{at}");
        assert_eq!(c["privileged"], json!(privileged), "{at}");
        assert_eq!(c.get("host_pid").and_then(Value::as_bool), host_pid, "{at}");
        assert_eq!(c["host_network"], json!(host_network), "{at}");
        assert_eq!(c.get("ip").and_then(Value::as_str), ip.filter(|_| with_address), "{at}");
        let sandbox = at.ends_with("-sandbox");
        assert_eq!(c["is_pod_sandbox"], json!(sandbox), "{at}");
        let of_pod = at.strip_prefix("cri-").map(|pod| ("demo", pod));
        if let Some((space, pod)) = of_pod.or_else(|| Some(("default", at.strip_prefix("kubelet-")?))) {
            let pod = ["-container", "-sandbox", "-main", "-debugger-9kfmm"]
                .iter()
                .find_map(|tail| pod.strip_suffix(tail))
                .unwrap();
            assert_eq!(c["labels"]["io.kubernetes.pod.name"], json!(pod), "{at}");
            assert_eq!(c["labels"]["io.kubernetes.pod.namespace"], json!(space), "{at}");
            assert!(c["pod_sandbox_id"].as_str().is_some_and(|id| id.len() == 64), "{at}");
        } else {
            assert!(c.get("pod_sandbox_id").is_none(), "{at}");
        }
    }

    fn check_image(&self, c: &Value) {
        let name = if self.folder.ends_with("-sandbox") { "localhost/pause" } else { "localhost/box" };
        assert_eq!((&c["imagerepo"], &c["imagetag"]), (&json!(name), &json!("1")), "{}", self.folder);
    }

    fn check_pod_labels(&self, c: &Value) {
        let pod = ["web", "real", "podnet", "priv"].into_iter().find(|p| self.folder.contains(&format!("-{p}-")));
        assert_eq!(c["pod_sandbox_labels"].get("app").and_then(Value::as_str), pod, "{}", self.folder);
    }
}

#[test]
fn containerd_tells_of_every_container_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _server = containerd(&dir.path().join("c.sock"), &fixtures);
    let config = Config { containerd_sockets: vec!["/c.sock".into()], ..nothing(dir.path()) };
    for f in fixtures.iter().filter(|f| f.ctr.is_some()) {
        let (answers, _) = resolve(config.clone(), query(&f.id, &f.cgroup, f.kind()));
        let c = known(&answers, &f.id).unwrap_or_else(|| panic!("{}: {answers:?}", f.folder));
        f.check(&c, true);
        f.check_image(&c);
        f.check_pod_labels(&c);
        assert_eq!(c["imagedigest"], "sha256:d1");
        let env = c["env"].as_array().unwrap();
        assert_eq!(env, f.oci["process"]["env"].as_array().unwrap(), "{}", f.folder);
    }
}

#[test]
fn containerd_announces_what_runs_and_what_goes() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _server = containerd(&dir.path().join("c.sock"), &fixtures);
    let config = Config { containerd_sockets: vec!["/c.sock".into()], announce: true, ..nothing(dir.path()) };
    let resolver = Resolver::start(config).unwrap();
    let all = || fixtures.iter().filter(|f| f.ctr.is_some());
    let answers = until(&resolver, "all containers and one end", |answers| {
        all().all(|f| known(answers, &f.id).is_some())
            && answers.iter().any(|a| matches!(a, Answer::Removed { id, .. } if id == "old"))
    });
    for f in all() {
        f.check(&known(&answers, &f.id).unwrap(), true);
    }
}

#[test]
fn the_runtime_interface_tells_the_same_as_containerd() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _cri = cri_server(&dir.path().join("r.sock"), &fixtures);
    let _containerd = containerd(&dir.path().join("c.sock"), &fixtures);
    let by_cri = Config { cri_sockets: vec!["/r.sock".into()], ..nothing(dir.path()) };
    let by_containerd = Config { containerd_sockets: vec!["/c.sock".into()], ..nothing(dir.path()) };
    for f in fixtures.iter().filter(|f| f.kept().is_some()) {
        let (answers, _) = resolve(by_cri.clone(), query(&f.id, &f.cgroup, RuntimeKind::Cri));
        let mut c = known(&answers, &f.id).unwrap_or_else(|| panic!("{}: {answers:?}", f.folder));
        f.check(&c, true);
        f.check_image(&c);
        f.check_pod_labels(&c);
        let (answers, _) = resolve(by_containerd.clone(), query(&f.id, &f.cgroup, RuntimeKind::Cri));
        let mut same = known(&answers, &f.id).unwrap();
        // Only containerd's own interface tells the digest.
        c["imagedigest"] = Value::Null;
        same["imagedigest"] = Value::Null;
        assert_eq!(c, same, "{}", f.folder);
    }
}

#[test]
fn the_runtime_interface_announces_what_runs_and_what_goes() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _server = cri_server(&dir.path().join("r.sock"), &fixtures);
    let config = Config { cri_sockets: vec!["/r.sock".into()], announce: true, ..nothing(dir.path()) };
    let resolver = Resolver::start(config).unwrap();
    until(&resolver, "all containers and one end", |answers| {
        fixtures.iter().filter(|f| f.kept().is_some()).all(|f| known(answers, &f.id).is_some())
            && answers.iter().any(|a| matches!(a, Answer::Removed { id, .. } if id == "x"))
    });
}

#[test]
fn podman_inspect_reads() {
    for f in fixtures() {
        let Some(inspect) = &f.podman else { continue };
        let texts = from_podman_inspect(&json!([inspect]).to_string()).unwrap();
        let c: Value = serde_json::from_str(&texts[0]).unwrap();
        f.check(&c["container"], true);
        f.check_image(&c["container"]);
    }
}

/// A store as podman leaves it on disk, with the containers of the test data.
fn store(root: &Path, fixtures: &[Fixture]) {
    let folder = root.join("store/overlay-containers");
    let mut containers = Vec::new();
    let mut images = Vec::new();
    for f in fixtures {
        let Some(inspect) = &f.podman else { continue };
        let userdata = folder.join(&f.id).join("userdata");
        fs::create_dir_all(&userdata).unwrap();
        fs::write(userdata.join("config.json"), f.oci.to_string()).unwrap();
        let metadata = json!({"image-name": inspect["ImageName"], "name": inspect["Name"]}).to_string();
        containers
            .push(json!({"id": f.id, "names": [inspect["Name"]], "image": inspect["Image"], "metadata": metadata,
            "created": inspect["Created"]}));
        images.push(json!({"id": inspect["Image"], "digest": inspect["ImageDigest"], "names": [inspect["ImageName"]]}));
        fs::create_dir_all(root.join("oci").join(&f.id)).unwrap();
    }
    fs::write(folder.join("containers.json"), json!(containers).to_string()).unwrap();
    fs::create_dir_all(root.join("store/overlay-images")).unwrap();
    fs::write(root.join("store/overlay-images/images.json"), json!(images).to_string()).unwrap();
}

#[test]
fn podman_without_daemon_is_read_from_disk_as_it_says_itself() {
    let fixtures = fixtures();
    if fixtures.is_empty() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    store(dir.path(), &fixtures);
    let config = Config {
        podman_storage: vec!["/store".into()],
        oci_state: vec!["/oci".into()],
        announce: true,
        ..nothing(dir.path())
    };
    let resolver = Resolver::start(config).unwrap();
    let all: Vec<&Fixture> = fixtures.iter().filter(|f| f.podman.is_some()).collect();
    let answers =
        until(&resolver, "every podman container", |answers| all.iter().all(|f| known(answers, &f.id).is_some()));
    for f in all {
        let c = known(&answers, &f.id).unwrap();
        f.check(&c, false);
        assert!(!is_partial(&answers, &f.id));
        let text = from_podman_inspect(&json!([f.podman]).to_string()).unwrap().remove(0);
        let said: Value = serde_json::from_str::<Value>(&text).unwrap()["container"].clone();
        for key in
            ["image", "imagerepo", "imagetag", "imageid", "imagedigest", "created_time", "env", "host_ipc", "type"]
        {
            assert_eq!(c[key], said[key], "{} {key}", f.folder);
        }
        let mounts = |c: &Value| {
            let of = |m: &Value| (m["Source"].clone(), m["Destination"].clone(), m["RW"].clone());
            c["Mounts"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(mounts(&c), mounts(&said), "{}", f.folder);
    }
}

#[test]
fn runc_names_the_bundle_and_the_store_around_it() {
    let fixtures = fixtures();
    for f in fixtures.iter().filter(|f| f.runc.is_some()) {
        let dir = tempfile::tempdir().unwrap();
        // The state names the bundle by its path on the machine, so the store stands below the root at that path.
        let state = f.runc.as_ref().unwrap();
        let bundle = state["config"]["labels"].as_array().unwrap().iter();
        let bundle = bundle.filter_map(|l| l.as_str()?.strip_prefix("bundle=")).next().unwrap().to_owned();
        let real = dir.path().join("var/lib/containers");
        fs::create_dir_all(&real).unwrap();
        store(&real, std::slice::from_ref(f));
        fs::rename(real.join("store"), real.join("storage")).unwrap();
        assert!(dir.path().join(bundle.trim_start_matches('/')).is_dir());
        fs::create_dir_all(dir.path().join("run/runc").join(&f.id)).unwrap();
        fs::write(dir.path().join("run/runc").join(&f.id).join("state.json"), state.to_string()).unwrap();
        let config = Config { oci_state: vec!["/run/runc".into()], ..nothing(dir.path()) };
        let (answers, _) = resolve(config, query(&f.id, &f.cgroup, RuntimeKind::Podman));
        f.check(&known(&answers, &f.id).unwrap(), false);
    }
}

#[test]
fn a_bare_bundle_tells_a_part_and_says_so() {
    for f in fixtures() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("b").join(&f.id)).unwrap();
        fs::write(dir.path().join("b").join(&f.id).join("config.json"), f.oci.to_string()).unwrap();
        let config = Config { bundles: vec!["/b".into()], ..nothing(dir.path()) };
        let (answers, counters) = resolve(config, query(&f.id, &f.cgroup, f.kind()));
        let c = known(&answers, &f.id).unwrap_or_else(|| panic!("{}: {answers:?}", f.folder));
        let of_kubelet = f.kept().is_some();
        // containerd writes the names of container and pod into the annotations of what it makes for a kubelet; the
        // image of a container too, that of a sandbox not.
        let complete = of_kubelet && !f.folder.ends_with("-sandbox");
        assert_eq!(is_partial(&answers, &f.id), !complete, "{}", f.folder);
        assert_eq!(counters.partial, u64::from(!complete), "{}", f.folder);
        let (_, privileged, _, _, _) = f.truth();
        assert_eq!(c["privileged"], json!(privileged), "{}", f.folder);
        assert_eq!(c["env"], f.oci["process"]["env"], "{}", f.folder);
        assert_eq!(c["User"], json!(f.oci["process"]["user"]["uid"].to_string()), "{}", f.folder);
        if of_kubelet {
            assert!(c["labels"]["io.kubernetes.pod.name"].is_string(), "{}", f.folder);
        }
        let host_etc = c["Mounts"].as_array().unwrap().iter().any(|m| m["Source"] == "/etc" && m["RW"] == false);
        assert_eq!(host_etc, f.folder == "kubelet-realhost-main", "{}", f.folder);
    }
}

#[test]
fn the_state_reads_what_is_told() {
    let fixtures = fixtures();
    let mut state = avouch_state::State::new(avouch_state::Limits::default());
    let mut count = 0;
    for f in &fixtures {
        let Some(inspect) = &f.podman else { continue };
        let json = from_podman_inspect(&json!([inspect]).to_string()).unwrap().remove(0);
        let answer = Answer::Known { id: String::new(), full_id: f.id.clone(), json, partial: false };
        state.apply_event(&answer.event(1).unwrap().event());
        count += 1;
        let container = state.containers().get(state.containers().find(&f.id.as_bytes()[..12]).unwrap()).unwrap();
        let meta = container.meta.as_ref().unwrap();
        assert_eq!(&*meta.name, f.truth().0);
        assert_eq!((meta.privileged, meta.host_network), (f.truth().1, f.truth().3), "{}", f.folder);
    }
    assert_eq!((state.containers().len(), state.counters().bad_container_json), (count, 0));
}
