//! What is found, under which name, and what is left as it is. No sample is a real secret.

#![expect(clippy::unwrap_used, reason = "a test")]

use avouch_redact::Redactor;
use proptest::prelude::*;
use serde_json::{Value, json};

fn redactor() -> Redactor {
    Redactor::new([7; 32])
}

/// The text with `secret` replaced under `name`.
#[track_caller]
fn found(name: &str, before: &str, secret: &str, after: &str) {
    let redactor = redactor();
    let text = format!("{before}{secret}{after}");
    let mut value = json!({ "text": text });
    assert!(redactor.may_hold(value.to_string().as_bytes()), "no keyword in {text}");
    let count = redactor.redact(&mut value);
    let expected = format!("{before}[redacted:{name} {}]{after}", redactor.digest(secret));
    assert_eq!((value["text"].as_str().unwrap(), count), (expected.as_str(), 1), "{text}");
}

#[track_caller]
fn left(text: &str) {
    let mut value = json!({ "text": text });
    assert_eq!((redactor().redact(&mut value), value["text"].as_str()), (0, Some(text)));
}

/// Letters and digits without meaning.
fn noise(len: usize) -> String {
    let alphabet = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..len).map(|i| char::from(alphabet[(i * 17 + i * i * 5 + 3) % alphabet.len()])).collect()
}

fn hex(len: usize) -> String {
    (0..len).map(|i| char::from(b"0123456789abcdef"[(i * 7 + 5 + i * i) % 16])).collect()
}

fn upper(len: usize) -> String {
    noise(len).to_uppercase().replace(['8', '9', '0', '1'], "A")
}

#[test]
fn tokens_by_their_form() {
    let with = |prefix: &str, rest: String| format!("{prefix}{rest}");
    let letters = |len| noise(200).chars().filter(char::is_ascii_alphabetic).take(len).collect::<String>();
    let samples = [
        ("aws-access-key-id", with("AKIA", upper(16))),
        ("aws-access-key-id", with("ASIA", upper(16))),
        ("gcp-api-key", with("AIza", noise(35))),
        ("gcp-oauth-token", with("ya29.", noise(60))),
        ("digitalocean-token", with("dop_v1_", hex(64))),
        ("databricks-token", with("dapi", hex(32))),
        ("github-token", with("ghp_", noise(36))),
        ("github-token", with("ghs_", noise(36))),
        ("github-token", with("github_pat_", noise(82))),
        ("gitlab-token", with("glpat-", noise(20))),
        ("gitlab-token", with("glrt-", noise(20))),
        ("npm-token", with("npm_", noise(36))),
        ("pypi-token", with("pypi-AgEIcHlwaS5vcmc", noise(80))),
        ("rubygems-token", with("rubygems_", hex(48))),
        ("docker-token", with("dckr_pat_", noise(27))),
        ("slack-token", with("xoxb-", format!("123456789012-{}", noise(24)))),
        ("slack-token", with("xapp-1-A0-", noise(30))),
        ("stripe-key", with("sk_live_", noise(24))),
        ("stripe-key", with("rk_test_", noise(24))),
        ("stripe-key", with("whsec_", noise(32))),
        ("anthropic-key", with("sk-ant-api03-", noise(60))),
        ("openai-key", with("sk-proj-", noise(48))),
        ("openai-key", with("sk-", noise(48))),
        ("huggingface-token", with("hf_", letters(34))),
        ("vault-token", with("hvs.", noise(90))),
        ("sendgrid-key", format!("SG.{}.{}", noise(22), noise(43))),
        ("telegram-token", format!("123456789:AA{}", noise(33))),
        ("grafana-token", with("glsa_", format!("{}_{}", noise(32), hex(8)))),
        ("shopify-token", with("shpat_", hex(32))),
        ("openshift-token", with("sha256~", noise(43))),
        ("age-key", with("AGE-SECRET-KEY-1", upper(58))),
        ("jwt", format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.{}", noise(43))),
        // {"alg":"RS256","kid":"a"} . {"iss":"kubernetes/serviceaccount"...
        (
            "kubernetes-token",
            format!("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.{}", noise(86)),
        ),
        (
            "kubernetes-token",
            format!("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJhdWQiOlsiaHR0cHM6Ly9rdWJlIl19.{}", noise(86)),
        ),
    ];
    for (name, secret) in samples {
        found(name, "say ", &secret, " twice");
        found(name, "", &secret, "");
        found(name, "x='", &secret, "'");
    }
}

#[test]
fn keys_in_pem() {
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let key = format!("-----BEGIN {kind}PRIVATE KEY-----\n{}\n-----END {kind}PRIVATE KEY-----", noise(64));
        found("private-key", "cat: ", &key, "\n");
        let cut = format!("-----BEGIN {kind}PRIVATE KEY-----\n{}", noise(40));
        found("private-key", "echo ", &cut, "");
    }
    left("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----");
    left("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----");
    left("a private key is a key that is private");
}

#[test]
fn headers() {
    found("auth-header", "curl -H 'Authorization: Bearer ", &noise(30), "' https://x.example");
    found("auth-header", "Authorization: Basic ", "dXNlcjpwYXNzd29yZA==", "");
    found("auth-header", "Proxy-Authorization: Basic ", "dXNlcjpwYXNzd29yZA==", "\r\n");
    found("auth-header", "authorization=", &noise(12), "");
    found("auth-header", r#"{"authorization": "Bearer "#, &noise(20), r#""}"#);
    found("auth-header", "x-api-key: ", &noise(12), "");
    found("auth-header", "X-Vault-Token: ", &noise(24), " -v");
    left("the bearer of this");
    left("Authorization: Bearer $TOKEN");
    left("authorization: ");
}

#[test]
fn addresses_and_connection_strings() {
    found("url-password", "psql postgres://app:", "pa:ss", "@db.example:5432/shop?sslmode=require");
    found("url-password", "redis://:", "hunter22", "@cache:6379/0");
    found("url-password", "git clone https://oauth2:", "hunter22", "@git.example/a.git");
    found("url-password", "amqps://u:", "%40secret", "@mq");
    found("connection-string", "Server=db;User Id=sa;Pwd=", "hunter22", ";Encrypt=yes");
    found("connection-string", "AccountName=a;AccountKey=", "bm90IGEga2V5Cg==", ";EndpointSuffix=core");
    found("azure-sas", "https://a.blob.example/c?sv=2024&sig=", &noise(43), "&se=2026");
    found("slack-webhook", "https://hooks.slack.com/services/", "T00000000/B00000000/abcdefghijklmnop", "");
    left("https://example.com:8443/a@b");
    left("https://user@example.com/");
    left("http://[::1]:8080/");
    left("PWD=/root OLDPWD=/");
}

#[test]
fn options_and_variables_by_name() {
    for (before, after) in [
        ("PGPASSWORD=", " psql"),
        ("export DB_PASSWORD=", ""),
        ("app --password ", " -v"),
        ("app --password=", ""),
        ("vault login -token=", ""),
        ("helm install x --set auth.rootPassword=", ""),
        ("--client-secret ", " --tenant x"),
        ("\"secret\": \"", "\""),
        ("password: ", ""),
        ("api_key=", "&x=1"),
        ("aws_session_token = ", ""),
        ("the password is ", ""),
    ] {
        found("named-secret", before, "hunter22", after);
    }
    left("secretName: web-tls");
    left("kubectl get secret web-tls");
    left("kubectl create token default");
    left("passwd root");
    left("cat /etc/passwd");
    left("password=");
    left("password=$PASSWORD token=${TOKEN} secret=<none> password=****");
    left("automountServiceAccountToken: false");
    left("--password-stdin");
    left("tokenizer=bert");
}

#[test]
fn options_of_known_programs() {
    for (before, after) in [
        ("curl -s -u admin:", " https://x.example"),
        ("curl --user admin:", ""),
        ("mysql -h db -u root -p", " shop"),
        ("mysqldump -uroot -p", ""),
        ("sshpass -p ", " ssh host"),
        ("sshpass -p", " ssh host"),
        ("docker login -u a -p ", " r.example"),
        ("helm registry login -p ", ""),
        ("redis-cli -a ", " ping"),
        ("openssl rsa -in k.pem -passin pass:", ""),
        ("ldapsearch -D cn=admin -w ", " -b dc=x"),
        ("smbclient //h/s -U user%", ""),
        ("htpasswd -bc /f user ", ""),
        ("mongosh -u a -p ", ""),
    ] {
        found("login-option", before, "hunter22", after);
    }
    left("curl -s -o /dev/null https://x.example");
    left("mysql -P 3306 -u root shop");
    left("ssh -p 22 host");
    left("docker run -p 80:80 nginx");
    left("ls -u a:b");
}

#[test]
fn values_under_telling_names_and_after_telling_options() {
    let redactor = redactor();
    let mark = format!("[redacted:named-secret {}]", redactor.digest("hunter22"));
    let mut value = json!({
        "env": {"DB_PASSWORD": "hunter22", "PATH": "/bin", "TOKEN": "", "secretName": "web-tls"},
        "argv": ["app", "--token", "hunter22", "--verbose", "x"],
        "masterUserPassword": "hunter22",
        "secret": {"secretName": "web-tls"},
        "deep": [[{"client_secret": "hunter22"}]],
        "AKIAABCDEFGHIJKLMNOP": 1,
        "count": 5
    });
    assert_eq!(redactor.redact(&mut value), 5);
    assert_eq!(value["env"], json!({"DB_PASSWORD": mark, "PATH": "/bin", "TOKEN": "", "secretName": "web-tls"}));
    assert_eq!(value["argv"], json!(["app", "--token", mark, "--verbose", "x"]));
    assert_eq!((&value["masterUserPassword"], &value["deep"][0][0]["client_secret"]), (&json!(mark), &json!(mark)));
    assert_eq!(value["secret"], json!({"secretName": "web-tls"}));
    let key = format!("[redacted:aws-access-key-id {}]", redactor.digest("AKIAABCDEFGHIJKLMNOP"));
    assert_eq!(value[key], 1);
}

#[test]
fn what_was_redacted_stays_as_it_is() {
    let redactor = redactor();
    let mut once = json!({"a": "curl -u a:hunter22 'https://u:hunter22@h/?token=hunter22' --password hunter22", "token": "x1y2z3"});
    assert_eq!(redactor.redact(&mut once), 5);
    let mut twice = once.clone();
    assert_eq!((redactor.redact(&mut twice), &twice), (0, &once));
}

#[test]
fn digests_are_hmac_under_the_salt() {
    // printf hunter22 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707...07 (32 bytes)
    assert_eq!(redactor().digest("hunter22"), HUNTER);
    assert_ne!(Redactor::new([8; 32]).digest("hunter22"), HUNTER);
}

const HUNTER: &str = "4a9df74f9d9469a1";

/// Texts with many beginnings of secrets in them.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "password",
            "=",
            ": ",
            "--token ",
            "AKIA",
            "eyJ",
            ".",
            "://",
            "u:",
            "@",
            "Bearer ",
            "Authorization",
            "sk-",
            "ghp_",
            "\"",
            "'",
            "curl ",
            " -u ",
            "mysql ",
            " -p",
            "secret",
            "-----BEGIN ",
            "PRIVATE KEY-----",
            "\n",
            "\\",
            "Pwd=",
            ";",
            "api",
            "_",
            "key",
        ])
        .prop_map(str::to_owned),
        "[A-Za-z0-9]{0,40}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn without_a_keyword_nothing_would_be_found(text in texts(), key in texts()) {
        let redactor = redactor();
        let mut value: Value = json!({key: [text.clone()], "t": {"password": {"n": text}}});
        let may = redactor.may_hold(value.to_string().as_bytes());
        let before = value.clone();
        let count = redactor.redact(&mut value);
        prop_assert!(may || count == 0);
        prop_assert_eq!(count == 0, value == before);
    }
}
