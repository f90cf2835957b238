use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Policy {
    Policy::parse("p.yaml", text).unwrap()
}

fn error(text: &str) -> PolicyError {
    Policy::parse("p.yaml", text).unwrap_err()
}

#[test]
fn an_empty_file_does_nothing() {
    for text in ["", "\n", "# only a comment\n", "{}\n"] {
        assert_eq!(parse(text), Policy::default(), "{text:?}");
    }
    let policy = Policy::default();
    assert!(policy.dry_run && policy.rules.is_empty());
    assert_eq!(policy.prevention, PreventionPolicy::default());
    assert_eq!(policy.prevention.exec_from_memory.mode, Mode::Off);
}

#[test]
fn all_keys_are_read() {
    let policy = parse(
        "dry_run: false
max_acts_per_minute: 3
protect: {processes: [nginx, /opt/*], containers: [db*], namespaces: []}
rules:
  - {rule: A shell, action: kill, max_acts_per_minute: 1}
  - {rule: 'Net *', action: quarantine, labels: {team.example/hold: yes-1}, dry_run: true}
prevention:
  exec_not_from_image: {mode: observe}
  exec_from_memory: {mode: deny, scope: all}
  forbidden_binaries:
    mode: deny
    paths: [/usr/bin/nc]
    names: [xmrig]
    sha256: [E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855]
  forbidden_destinations:
    mode: deny
    scope: containers
    destinations:
      - {cidr: 10.0.0.0/8, ports: [22, 8000-8999]}
      - {cidr: fd00::/8}
",
    );
    assert!(!policy.dry_run);
    assert_eq!((policy.max_acts_per_minute, policy.protect.namespaces.len()), (3, 0));
    assert_eq!(policy.rules[0].max_acts_per_minute, Some(1));
    let Action::Quarantine { labels } = &policy.rules[1].action else { panic!() };
    assert_eq!(labels["team.example/hold"], "yes-1");
    let p = &policy.prevention;
    assert_eq!((p.exec_not_from_image.mode, p.exec_from_memory.scope), (Mode::Observe, Scope::All));
    assert_eq!((p.sha256[0][0], p.sha256[0][31]), (0xe3, 0x55));
    assert_eq!(p.destinations[0].ports, [(22, 22), (8000, 8999)]);
    assert_eq!(p.destinations[1].ports, [(0, u16::MAX)]);
}

#[test]
fn the_master_switch_turns_denials_to_observations() {
    let p = parse("prevention: {exec_from_memory: {mode: deny}, exec_not_from_image: {mode: observe}}")
        .prevention
        .under(true);
    assert_eq!((p.exec_from_memory.mode, p.exec_not_from_image.mode), (Mode::Observe, Mode::Observe));
    assert_eq!(p.forbidden_binaries.mode, Mode::Off);
}

#[test]
fn mistakes_are_told_with_their_place() {
    let e = error("dry_run: false\nrule: []\n");
    assert_eq!((e.line, e.column), (2, 1), "{e}");
    assert!(e.message.contains("rule"), "{e}");
    let e = error("rules:\n  - rule: x\n    action: explode\n");
    assert_eq!(e.line, 3, "{e}");
    let cases = [
        ("rules:\n  - {rule: '*', action: kill}\n", 2, "every detection"),
        ("rules:\n  - {rule: x, action: kill, labels: {a: b}}\n", 2, "labels"),
        ("rules:\n  - {rule: x, action: quarantine, labels: {a: '-'}}\n", 2, "no label"),
        ("prevention:\n  forbidden_binaries:\n    mode: deny\n    paths: [bin/nc]\n", 4, "bin/nc"),
        ("prevention:\n  forbidden_binaries:\n    mode: deny\n    names: [/bin/nc]\n", 4, "no file name"),
        ("prevention:\n  forbidden_binaries:\n    mode: deny\n    sha256: [abc]\n", 4, "no SHA-256"),
        (
            "prevention:\n  forbidden_destinations:\n    mode: deny\n    destinations:\n      - cidr: 10.0.0.1/8\n",
            5,
            "no network",
        ),
        (
            "prevention:\n  forbidden_destinations:\n    mode: deny\n    destinations:\n      - {cidr: 10.0.0.0/8, ports: [9-1]}\n",
            5,
            "no port",
        ),
        (
            "prevention:\n  forbidden_destinations:\n    mode: deny\n    scope: all\n    destinations:\n      - cidr: 0.0.0.0/0\n",
            6,
            "cut the whole host off",
        ),
    ];
    for (text, line, part) in cases {
        let e = error(text);
        assert_eq!(e.line, line, "{e}");
        assert!(e.message.contains(part) && !e.hint.is_empty(), "{e}");
        assert!(e.to_string().starts_with(&format!("p.yaml:{line}:")), "{e}");
    }
}

#[test]
fn ports_of_nested_networks_are_bounded() {
    let ports: Vec<String> = (1..=9).map(|p| p.to_string()).collect();
    let entry = |cidr| format!("      - {{cidr: {cidr}, ports: [{}]}}\n", ports.join(", "));
    let text = |a, b| {
        format!("prevention:\n  forbidden_destinations:\n    mode: deny\n    destinations:\n{}{}", entry(a), entry(b))
    };
    assert_eq!(parse(&text("10.0.0.0/8", "11.0.0.0/8")).prevention.destinations.len(), 2);
    assert_eq!(error(&text("10.0.0.0/8", "10.1.0.0/16")).line, 6);
}

proptest! {
    #[test]
    fn no_text_stops_the_reader(text in "(rules|prevention|protect|[:{} \\n*/0-9a-f,\\[\\]'-]){0,60}") {
        if let Err(e) = Policy::parse("p", &text) {
            prop_assert!(e.line > 0 && !e.message.is_empty());
        }
    }

    #[test]
    fn a_network_contains_what_lies_in_it(bits: u32, wide in 0u8..=32, more in 0u8..=32) {
        let net = |prefix: u8| {
            let network = masked(IpAddr::V4(bits.into()), prefix);
            Destination { network, prefix, ports: Vec::new() }
        };
        let narrow = wide.saturating_add(more).min(32);
        prop_assert!(net(wide).contains(&net(narrow)));
        prop_assert_eq!(net(narrow).contains(&net(wide)), narrow == wide);
    }
}

#[test]
fn responses_that_no_rule_sets_off_are_found() {
    let text = "rules: [{rule: Terminal shell in container, action: kill}, {rule: '*shell', action: stop}, {rule: 'Terminal *', action: pause}]";
    let policy = Policy::parse("p", text).unwrap();
    assert_eq!(policy.idle(&["Terminal shell in container"]), ["*shell"]);
    assert_eq!(policy.idle(&["Reverse shell", "Terminal shell in container"]), [""; 0]);
    assert_eq!(policy.idle(&[]).len(), 3);
}
