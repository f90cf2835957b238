//! The rules that agents get over HTTP: what the desk has loaded, as one set; told to the ledger; and who of the agents is behind.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use avouch_auth::{NewToken, Scope};
use avouch_finding::{Fact, Kind, Observation, RulesLoaded, SettingChange, Start, Time};
use avouch_forward::{Fetched, RuleClient, RuleTextSet, Server, Token};
use avouch_pipeline::RuleSetOptions;
use avouch_server::{DeskSetup, system_clock};
use avouch_store::Period;
use common::{Caller, TestServer};
use serde_json::{Value as Json, json};

const RULES: &str =
    "- rule: One\n  desc: x\n  condition: evt.type = open\n  output: opened\n  priority: INFO\n  tags: [SOC2_CC6.1]\n";

const ACCEPTANCE: &str = "acceptances:\n  - id: ACC-2026-001\n    rule: One\n    reason: \"known\"\n    requester: ada\n    \
                          approver: bob\n    from: 2026-01-01\n    expires: 2026-12-31\n    condition: proc.name = sh\n";

fn started(dir: tempfile::TempDir) -> TestServer {
    let (rules, mapping) = (dir.path().join("rules"), dir.path().join("mapping.yaml"));
    TestServer::with(dir, |options| {
        options.desk = DeskSetup {
            rules: vec![rules],
            options: RuleSetOptions { mappings: vec![mapping], ..RuleSetOptions::default() },
            edit_rules: true,
            ..DeskSetup::default()
        };
    })
}

fn with_rules() -> TestServer {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("rules/sub")).unwrap();
    std::fs::write(dir.path().join("rules/sub/a.yaml"), RULES).unwrap();
    std::fs::write(dir.path().join("mapping.yaml"), "rules:\n  One:\n    soc2: {primary: CC7.2}\n    reason: x\n")
        .unwrap();
    std::fs::create_dir_all(dir.path().join("data/server/acceptances")).unwrap();
    std::fs::write(dir.path().join("data/server/acceptances/ACC-2026-001.yaml"), ACCEPTANCE).unwrap();
    started(dir)
}

fn token(server: &TestServer) -> String {
    let new = NewToken { name: "agents".into(), scopes: vec![Scope::Ingest], node: Some("n1".into()), expires: None };
    let made = server.running().app().accounts.accounts().add_token(&new, "ada", system_clock()()).unwrap();
    made.value.expose().to_owned()
}

fn client(server: &TestServer, token: &str) -> RuleClient {
    let mut at = Server::new(&server.running().url()).unwrap();
    at.token = Token::Text(token.to_owned());
    RuleClient::new(at).unwrap()
}

fn set(fetched: Fetched) -> RuleTextSet {
    match fetched {
        Fetched::Set(set) => *set,
        other => panic!("{other:?}"),
    }
}

/// Asks until the answer fits: what is served follows a change by a moment.
fn until<T: std::fmt::Debug>(mut ask: impl FnMut() -> T, fits: impl Fn(&T) -> bool) -> T {
    for _ in 0..200 {
        let answer = ask();
        if fits(&answer) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never came to be: {:?}", ask());
}

fn told(server: &TestServer) -> Vec<SettingChange> {
    let store = avouch_store::Store::open(server.dir().join("data/store"), avouch_store::Options::default()).unwrap();
    let settings = store.reader().unwrap().facts(Kind::Setting, Period::ALL).unwrap();
    let of_sets = |fact| match fact {
        Fact::Setting(change) if change.what == "agent_rule_set" => Some(*change),
        _ => None,
    };
    settings.into_iter().filter_map(|f| of_sets(f.fact)).collect()
}

/// Saves the rule file with another text.
fn save(ada: &Caller, file: &Path, text: &str) {
    let at = format!("/rule-files/{}", file.display().to_string().replace('/', "%2F"));
    let digest = ada.get(&at).fine()["digest"].clone();
    ada.put(&at, &json!({"text": text, "digest": digest})).fine();
}

#[test]
fn an_agent_gets_what_the_desk_has_loaded_and_once_only() {
    let server = with_rules();
    let token = token(&server);
    let mut client = client(&server, &token);
    let first = set(client.fetch(None));
    let names = |texts: &[avouch_forward::NamedText]| texts.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
    let texts = first.texts();
    assert_eq!(names(&texts.rules), ["rules/sub/a.yaml"]);
    assert_eq!(names(&texts.mappings), ["mapping.yaml"]);
    assert_eq!(names(&texts.acceptances), ["ACC-2026-001"]);
    assert_eq!(texts.rules[0].text, RULES);
    assert!(texts.acceptances[0].text.contains("proc.name = sh"));
    assert!(matches!(client.fetch(Some(first.digest())), Fetched::Same));

    // As any other client sees it: the entity tag, gzip to whom it is wanted by, and no file of the server's own.
    let agent = server.nobody().with_token(&token);
    let plain = agent.get("/agents/rule-set");
    assert_eq!(RuleTextSet::decode(plain.body.as_bytes()).unwrap(), first);
    assert_eq!(plain.headers["etag"], format!("\"{}\"", first.digest()));
    assert!(!plain.body.contains(server.dir().to_str().unwrap()));
    for tag in [format!("W/\"{}\"", first.digest()), format!("\"x\", \"{}\"", first.digest())] {
        let same = agent.with_header("if-none-match", &tag).get("/agents/rule-set");
        assert_eq!((same.status, same.body.as_str()), (304, ""), "{tag}");
    }
    assert_eq!(agent.with_header("if-none-match", "\"x\"").get("/agents/rule-set").status, 200);
    let mut zipped = agent
        .agent
        .get(format!("{}/api/v1/agents/rule-set", agent.base))
        .header("authorization", format!("Bearer {token}"))
        .header("accept-encoding", "gzip")
        .call()
        .unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(zipped.body_mut().as_reader()).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.body);
}

#[test]
fn a_change_makes_another_set_that_the_ledger_tells_once_also_over_a_start_of_the_server() {
    let server = with_rules();
    let ada = server.admin();
    let token = token(&server);
    let first = set(client(&server, &token).fetch(None));
    assert_eq!(
        told(&server).iter().map(|c| c.detail["digest"].as_str().unwrap()).collect::<Vec<_>>(),
        [first.digest()]
    );
    let file = server.dir().join("rules/sub/a.yaml");
    save(&ada, &file, &RULES.replace("evt.type = open", "evt.type in (open, openat)"));
    let mut client = client(&server, &token);
    let second = set(until(|| client.fetch(Some(first.digest())), |f| matches!(f, Fetched::Set(_))));
    assert!(second.texts().rules[0].text.contains("openat"));
    let changes = told(&server);
    assert_eq!(changes.len(), 2);
    assert_eq!(
        (&changes[1].detail["digest"], &changes[1].detail["before"]),
        (&json!(second.digest()), &json!(first.digest()))
    );
    assert_eq!((changes[0].by.as_str(), changes[1].by.as_str(), first.by(), second.by()), ("", "ada", "", "ada"));
    // The change of the file, by whom, names the same rules.
    let version = ada.get(&format!("/rule-files/{}", file.display().to_string().replace('/', "%2F"))).fine();
    assert_eq!(version["versions"][0]["by"], "ada");
    assert_eq!(changes[1].detail["rules"], ada.get("/rules").fine()["digest"]);
    // An acceptance that is taken back is a change, too.
    assert_eq!(
        ada.send("DELETE", "/acceptances/ACC-2026-001", Some(("application/json", br#"{"reason":"over"}"#))).status,
        200
    );
    let third = set(until(|| client.fetch(Some(second.digest())), |f| matches!(f, Fetched::Set(_))));
    assert!(third.texts().acceptances.is_empty());

    let again = started(server.end());
    let mut client = self::client(&again, &token);
    assert!(matches!(client.fetch(Some(third.digest())), Fetched::Same));
    assert_eq!(told(&again).len(), 3);
}

#[test]
fn without_rules_there_is_none_and_without_a_right_nothing() {
    let server = TestServer::start();
    let mut of_agent = client(&server, &token(&server));
    let Fetched::Refused { why } = of_agent.fetch(None) else { panic!("it has none") };
    assert!(why.contains("no rules for agents (404") && why.contains("was given no rules"), "{why}");
    let Fetched::Refused { why } = client(&server, "nobody").fetch(None) else { panic!("nobody gets any") };
    assert!(why.contains("does not know the token (401"), "{why}");
}

fn loads(set: &str, time: Time, refused: Option<&str>) -> Fact {
    RulesLoaded {
        time,
        node: "n1".into(),
        run: "r1".into(),
        digest: "rules".into(),
        set: set.into(),
        refused: refused.map(|_| "unknown field `proc.later`".to_owned()),
        refused_set: refused.unwrap_or_default().to_owned(),
        ..RulesLoaded::default()
    }
    .into()
}

#[test]
fn health_says_who_is_behind_and_why() {
    let server = with_rules();
    let ada = server.admin();
    let now = system_clock()();
    let digest = set(client(&server, &token(&server)).fetch(None)).digest().to_owned();
    let start = Start { time: now, node: "n1".into(), run: "r1".into(), ..Start::default() };
    let seen =
        Observation { from: Time(now.0 - 1), to: now, node: "n1".into(), run: "r1".into(), ..Observation::default() };
    server.tell(vec![loads(&digest, now, None), start.into(), seen.into()]);
    let node = |health: &Json| health["nodes"][0].clone();
    let health = until(|| ada.get("/health").fine(), |h| h["nodes"][0]["rule_set"].is_object());
    let set = json!({"runs": digest, "wanted": digest, "behind_since": null, "refused": null});
    assert_eq!((&node(&health)["rule_set"], &health["agents_behind"]), (&set, &json!(0)));

    save(&ada, &server.dir().join("rules/sub/a.yaml"), &RULES.replace("opened", "was opened"));
    let health = until(|| ada.get("/health").fine(), |h| h["agents_behind"] == 1);
    let set = &node(&health)["rule_set"];
    assert!(set["behind_since"].is_string() && set["refused"].is_null(), "{set}");
    let wanted = set["wanted"].as_str().unwrap().to_owned();
    assert_ne!(wanted, digest);
    server.tell(vec![loads(&digest, now, Some(&wanted))]);
    let health = until(|| ada.get("/health").fine(), |h| h["nodes"][0]["rule_set"]["refused"].is_string());
    assert_eq!(node(&health)["warnings"], json!(["newer rules were not taken: unknown field `proc.later`"]));
    let metrics = server.nobody().get("//metrics").body;
    assert!(metrics.contains("\navouch_agents_behind 1"), "{metrics}");
    assert_eq!(server.nobody().get("//readyz").json()["agents_behind"], 1);
    server.tell(vec![loads(&wanted, now, None)]);
    until(|| ada.get("/health").fine(), |h| h["agents_behind"] == 0);
}
