//! The examples in `deploy/` start what this binary is: every argument in them is one that it takes.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use serde_json::Value as Json;

use super::{Cli, Command};

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(deploy(file)).unwrap()
}

/// The documents of a YAML file.
fn documents(file: &str) -> Vec<Json> {
    read(file)
        .split("\n---\n")
        .map(|text| serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{file}: {e}")))
        .collect()
}

fn of_kind<'d>(documents: &'d [Json], kind: &str) -> &'d Json {
    documents.iter().find(|d| d["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn parsed<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    Cli::try_parse_from(std::iter::once("avouch").chain(arguments)).unwrap_or_else(|e| panic!("{e}")).command
}

/// The words of `ExecStart` after the program.
fn exec_start(unit: &str) -> Vec<String> {
    let text = read(unit).replace("\\\n", " ");
    let line = text.lines().find_map(|l| l.strip_prefix("ExecStart=")).unwrap();
    let mut words = line.split_whitespace().map(str::to_owned);
    assert_eq!(words.next().as_deref(), Some("/usr/local/bin/avouch"));
    words.collect()
}

#[test]
fn units_of_systemd_start_an_agent_and_a_server() {
    let agent = exec_start("systemd/avouch-agent.service");
    let Command::Agent(agent) = parsed(agent.iter().map(String::as_str)) else { panic!() };
    assert!(agent.forward.server.is_some() && agent.forward.token_file.is_some());
    let server = exec_start("systemd/avouch-server.service");
    let Command::Server(server) = parsed(server.iter().map(String::as_str)) else { panic!() };
    assert!(server.listen.tls_cert.is_some(), "it listens to other machines, and so speaks TLS");
}

/// The only container of a pod.
fn container(workload: &Json) -> &Json {
    let containers = workload["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

fn arguments(container: &Json) -> Vec<&str> {
    container["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect()
}

/// What holds for every pod of ours: no privileged one, nothing more than what was added, no image of somebody's registry.
fn is_modest(container: &Json) {
    let security = &container["securityContext"];
    assert_ne!(security["privileged"], true);
    assert_eq!(security["allowPrivilegeEscalation"], false);
    assert_eq!(security["readOnlyRootFilesystem"], true);
    assert_eq!(security["capabilities"]["drop"], serde_json::json!(["ALL"]));
    let image = container["image"].as_str().unwrap();
    assert_eq!(image, format!("avouch:{}", env!("CARGO_PKG_VERSION")));
    // Each volume that is mounted for writing is one of its own.
    for mount in container["volumeMounts"].as_array().unwrap() {
        let path = mount["mountPath"].as_str().unwrap();
        assert!(mount["readOnly"] == true || path == "/var/lib/avouch" || path == "/tmp", "{path}");
    }
}

#[test]
fn manifests_of_kubernetes_start_them_too_and_ask_for_little() {
    let documents_of_agent = documents("kubernetes/agent.yaml");
    let agent = container(of_kind(&documents_of_agent, "DaemonSet"));
    assert!(matches!(parsed(arguments(agent)), Command::Agent(_)));
    is_modest(agent);
    let added = agent["securityContext"]["capabilities"]["add"].as_array().unwrap();
    assert!(!added.iter().any(|c| c == "SYS_ADMIN" || c == "NET_ADMIN"), "{added:?}");
    let role = of_kind(&documents_of_agent, "ClusterRole");
    assert_eq!(
        role["rules"],
        serde_json::json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}])
    );

    let documents_of_server = documents("kubernetes/server.yaml");
    let set = of_kind(&documents_of_server, "StatefulSet");
    assert_eq!(
        (&set["spec"]["replicas"], &set["spec"]["template"]["spec"]["automountServiceAccountToken"]),
        (&1.into(), &false.into())
    );
    let server = container(set);
    let Command::Server(arguments) = parsed(arguments(server)) else { panic!() };
    is_modest(server);
    let port = arguments.listen.listen.port();
    assert_eq!(server["ports"][0]["containerPort"], port);
    assert_eq!(of_kind(&documents_of_server, "Service")["spec"]["ports"][0]["port"], port);
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(server[probe]["httpGet"]["path"], "/healthz", "{probe}");
    }
}

/// The block of the documentation that begins with a line, without its indentation.
fn block(text: &str, first: &str) -> String {
    let mut lines = text.lines().skip_while(|l| l.trim() != first || !l.starts_with("    "));
    let inside: Vec<&str> = lines.by_ref().map_while(|l| l.strip_prefix("    ")).collect();
    inside.join("\n")
}

#[test]
fn what_an_api_server_is_given_is_what_the_documentation_says() {
    let docs = std::fs::read_to_string(deploy("../docs/AUDIT.md")).unwrap();
    let without_comment = |file: &str| {
        let text = read(file);
        let lines: Vec<&str> = text.lines().skip_while(|l| l.starts_with('#')).collect();
        lines.join("\n")
    };
    let policy = documents("kubernetes/audit-policy.yaml").remove(0);
    assert_eq!((&policy["kind"], &policy["apiVersion"]), (&"Policy".into(), &"audit.k8s.io/v1".into()));
    let levels = policy["rules"].as_array().unwrap().iter().map(|r| r["level"].as_str().unwrap());
    assert!(levels.clone().all(|l| matches!(l, "None" | "Metadata" | "Request")), "no answers: they may hold secrets");
    assert_eq!(without_comment("kubernetes/audit-policy.yaml"), block(&docs, "apiVersion: audit.k8s.io/v1"));

    let webhook = documents("kubernetes/audit-webhook.yaml").remove(0);
    let url = webhook["clusters"][0]["cluster"]["server"].as_str().unwrap();
    assert!(url.starts_with("https://") && url.ends_with("/api/v1/ingest/k8s_audit/prod"), "{url}");
    assert_eq!(webhook["users"][0]["user"], serde_json::json!({"tokenFile": "/etc/kubernetes/avouch-token"}));
    assert_eq!(without_comment("kubernetes/audit-webhook.yaml"), block(&docs, "apiVersion: v1"));
}
