use avouch_notify::{Config, Label};

const GOOD: &str = r#"
console: https://avouch.example/
channels:
  - name: chat
    to: {slack: {url: env:SLACK_URL}}
    at_most: {messages: 20, per: 1m}
  - name: oncall
    to: {pagerduty: {routing_key: file:/run/secrets/pd}}
routes:
  - name: critical
    match: {at_least: critical}
    channels: [oncall]
    continue: true
    escalate: [{after: 15m, channels: [chat]}]
  - name: rest
    match: {namespace: [prod-*], criterion: [CC6.*]}
    channels: [chat]
    group_by: [rule, node]
    quiet: [{days: [sat, sun], from: "00:00", to: "00:00", zone: Europe/Berlin, unless: high}]
"#;

fn error(text: &str) -> String {
    Config::parse("notify.yaml", text).expect_err(text).to_string()
}

#[test]
fn a_file_is_read_and_reads_the_same_when_written_as_json() {
    let config = Config::parse("notify.yaml", GOOD).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(config.console.as_ref().unwrap().text(), "https://avouch.example");
    assert_eq!(config.routes[1].group_by, [Label::Rule, Label::Node]);
    assert_eq!(config.routes[0].group_wait.to_string(), "30s");
    let json = serde_json::to_string(&config).unwrap();
    // References are no secrets; they are what a form has to show.
    assert!(json.contains("env:SLACK_URL"));
    assert_eq!(Config::parse("json", &json).unwrap_or_else(|e| panic!("{e}")), config);
    assert_eq!(Config::parse("empty", "").unwrap(), Config::default());
}

#[test]
fn mistakes_are_told_with_place_and_hint() {
    // What is wrong in the good file, then what the message has to say.
    for (from, to, wanted) in [
        (
            "at_least: critical",
            "at_least: critcal",
            vec!["F0102", "notify.yaml:11", "`critcal`", "did you mean `critical`?"],
        ),
        (
            "channels: [oncall]",
            "channels: [onkall]",
            vec!["F0103", "notify.yaml:12", "onkall", "did you mean `oncall`?"],
        ),
        ("name: oncall", "name: chat", vec!["F0104", "stands twice", "first here", "notify.yaml:7"]),
        (
            "escalate: [{after: 15m, channels: [chat]}]",
            "escalate: [{after: 15m, channels: []}]",
            vec!["F0105", "critical"],
        ),
        ("messages: 20", "messages: 0", vec!["F0106", "notify.yaml:6"]),
        ("per: 1m", "per: 1 minute", vec!["F0101", "`30s`", "notify.yaml:6"]),
        ("group_by:", "groupby:", vec!["F0102", "`groupby`", "did you mean `group_by`?", "notify.yaml:18"]),
        ("slack:", "slak:", vec!["F0102", "`slak`", "did you mean `slack`?"]),
        ("zone: Europe/Berlin", "zone: Berlin", vec!["F0101", "Europe/Berlin", "time zone"]),
        ("env:SLACK_URL", "", vec!["F0101", "notify.yaml:5"]),
        ("channels:\n  - name: chat", "channels:\n  name: chat", vec!["F0101", "notify.yaml"]),
    ] {
        let message = error(&GOOD.replacen(from, to, 1));
        for part in wanted {
            assert!(message.contains(part), "`{to}` gives no `{part}`:\n{message}");
        }
    }
}

#[test]
fn a_secret_that_stands_in_the_file_is_not_repeated() {
    let url = "https://hooks.slack.example/services/T000/B000/hunter2";
    for text in [
        GOOD.replace("env:SLACK_URL", url),
        GOOD.replace("env:SLACK_URL", &format!("\"{url}\"")),
        GOOD.replace("env:SLACK_URL", &format!("{url}, oops: 1")),
        GOOD.replace("file:/run/secrets/pd", "hunter2"),
        GOOD.replace("{url: env:SLACK_URL}", url),
        GOOD.replace("{routing_key: file:/run/secrets/pd}", "hunter2"),
        GOOD.replace("file:/run/secrets/pd", "hunter2, oops: 1"),
        GOOD.replace("file:/run/secrets/pd", "\"a,hunter2}\", oops: 1"),
    ] {
        let message = error(&text);
        assert!(!message.contains("hunter2"), "{message}");
        assert!(message.contains("notify.yaml:"), "{message}");
    }
}

#[test]
fn hostile_files_are_errors() {
    let deep = "[".repeat(5000);
    let many: String = (0..300).map(|n| format!("  - {{name: c{n}, to: {{stdout: {{}}}}}}\n")).collect();
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nchannels: [*c]";
    for text in [&deep, "channels: {a: b}", "\u{0}", "- - - ?", bomb, &format!("channels:\n{many}"), "routes: 5"] {
        assert!(Config::parse("notify.yaml", text).is_err(), "{text}");
    }
    let huge = format!("console: https://a.example\n{}", "#\n".repeat(1 << 20));
    assert!(error(&huge).contains("larger"));
}
