//! What secrets look like: one row a pattern. Written for avouch from the public descriptions of the token forms.

/// How one class of secrets is found.
pub(crate) struct Pattern {
    /// Stands in what replaces a secret; never reused for another meaning.
    pub(crate) name: &'static str,
    /// Lower case; at least one of them is in every text that the regex finds something in, whatever its case. No quotes,
    /// backslashes or controls: they are looked for in JSON text.
    pub(crate) keywords: &'static [&'static str],
    /// The secret is the first group that took part, or else the whole match.
    pub(crate) regex: &'static str,
}

const fn p(name: &'static str, keywords: &'static [&'static str], regex: &'static str) -> Pattern {
    Pattern { name, keywords, regex }
}

/// Names whose value is a secret: the end of a variable, a JSON key, an option.
pub(crate) const SECRET_NAME: &str = r"(?:password|passwd|passphrase|passcode|secret|token|credential|credentials|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|account[_-]?key|shared[_-]?access[_-]?key|encryption[_-]?key|signing[_-]?key|client[_-]?key(?:[_-]?data)?|auth[_-]?key|dockerconfigjson)";
/// One of these is in every name that [`SECRET_NAME`] finds, and in the option `--pass`.
pub(crate) const SECRET_WORDS: &[&str] = &[
    "-pass",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "privatekey",
    "private_key",
    "private-key",
    "accountkey",
    "account_key",
    "account-key",
    "encryptionkey",
    "encryption_key",
    "encryption-key",
    "signingkey",
    "signing_key",
    "signing-key",
    "clientkey",
    "client_key",
    "client-key",
    "authkey",
    "auth_key",
    "auth-key",
    "dockerconfigjson",
];

/// Most telling first: a text that an earlier row replaced is not looked at again.
pub(crate) const PATTERNS: &[Pattern] = &[
    // Keys.
    p(
        "private-key",
        &["private key"],
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    p("age-key", &["age-secret-key-"], r"AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Za-z]{50,}"),
    // Clouds.
    p("aws-access-key-id", &["akia", "asia", "abia", "acca"], r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    p(
        "aws-secret-access-key",
        &["secretaccesskey", "secret_access_key", "secret_key", "secret access key"],
        r#"(?i)secret[_ ]?(?:access[_ ]?)?key["'\\\s:=]{1,8}([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|\z)"#,
    ),
    p("gcp-api-key", &["aiza"], r"\bAIza[0-9A-Za-z_-]{35}"),
    p("gcp-oauth-token", &["ya29."], r"\bya29\.[0-9A-Za-z_-]{20,}"),
    p("azure-sas", &["sig="], r"[?&;]sig=([A-Za-z0-9%/+=]{30,})"),
    p("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"\bdo[opr]_v1_[0-9a-f]{64}"),
    p("databricks-token", &["dapi"], r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),
    // Source and packages.
    p(
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
    ),
    p(
        "gitlab-token",
        &[
            "glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glft-", "glsoat-", "glagent-", "glimt-", "gloas-",
            "glffct-",
        ],
        r"\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas|ffct)-[A-Za-z0-9_.-]{20,}",
    ),
    p("npm-token", &["npm_", "_authtoken"], r"\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=\s*([^\s\x22']+)"),
    p("pypi-token", &["pypi-age"], r"\bpypi-AgE[A-Za-z0-9_-]{40,}"),
    p("rubygems-token", &["rubygems_"], r"\brubygems_[0-9a-f]{48}\b"),
    p("docker-token", &["dckr_pat_", "dckr_oat_"], r"\bdckr_[po]at_[A-Za-z0-9_-]{20,}"),
    // Services.
    p(
        "slack-token",
        &["xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        r"\b(?:xox[abeoprs]-|xoxe\.xox[bp]-|xapp-)[A-Za-z0-9-]{10,}",
    ),
    p(
        "slack-webhook",
        &["hooks.slack.com"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{20,})",
    ),
    p("stripe-key", &["k_live_", "k_test_", "whsec_"], r"\b(?:[spr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{16,}"),
    p("anthropic-key", &["sk-ant-"], r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    p("openai-key", &["sk-"], r"\bsk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,}"),
    p("huggingface-token", &["hf_", "api_org_"], r"\b(?:hf|api_org)_[A-Za-z]{30,}\b"),
    p("vault-token", &["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
    p("sendgrid-key", &["sg."], r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    p("telegram-token", &[":aa"], r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{32,34}"),
    p("grafana-token", &["glsa_", "glc_"], r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{30,}"),
    p("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    p("openshift-token", &["sha256~"], r"\bsha256~[A-Za-z0-9_-]{43}"),
    // Tokens and headers. A service account's token names its issuer at the start of the payload, or its audience.
    p(
        "kubernetes-token",
        &["eyj"],
        r"\beyJ[A-Za-z0-9_-]{8,}\.(?:eyJpc3MiOiJrdWJlcm5ldGVz|eyJhdWQiOls)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    ),
    p("jwt", &["eyj"], r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"),
    p(
        "auth-header",
        &["authorization", "bearer ", "x-api-key", "x-auth-token", "x-vault-token"],
        r#"(?i)\bauthorization["'\\]*\s*[:=]\s*["'\\]*(?:(?:bearer|basic|token|digest|apikey|negotiate)\s+)?([^\s"'\\]{6,})|\bbearer\s+([A-Za-z0-9._~+/=-]{8,})|\bx-(?:api-key|auth-token|vault-token)["'\\]*\s*[:=]\s*["'\\]*([^\s"'\\]+)"#,
    ),
    // Addresses. The name may be empty (redis), the password may hold `:`, but neither may hold `/` or `@` unescaped.
    p("url-password", &["://"], r#"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@"'<>]{0,200}:([^\s/@"'<>]{1,500})@"#),
    p(
        "connection-string",
        &["pwd", "password", "accountkey", "sharedaccesskey"],
        r#"(?i)(?:^|[;\s"'])(?:pwd|password|accountkey|sharedaccesskey)\s*=\s*([^;\s"'/][^;\s"']*)"#,
    ),
    // Command lines.
    p(
        "login-option",
        &[
            "curl",
            "wget",
            "mysql",
            "mariadb",
            "sshpass",
            "login ",
            "redis",
            "openssl",
            "ldap",
            "smbclient",
            "htpasswd",
            "mongo",
        ],
        concat!(
            r#"(?i)\bcurl\b[^|;]*?\s(?:-u|--user|-U|--proxy-user)[\s=]*["']?[^\s:"']+:([^\s"']+)"#,
            r#"|\b(?:mysql|mysqldump|mysqladmin|mysqlimport|mariadb|mariadb-dump|mariadb-admin)\b[^|;]*?\s-p([^\s]+)"#,
            r#"|\bsshpass\b[^|;]*?\s-p\s*([^\s]+)"#,
            r#"|\blogin (?:[^|;]*?\s)?-p[\s=]*["']?([^\s"']+)"#,
            r#"|\bredis-cli\b[^|;]*?\s-a\s*["']?([^\s"']+)"#,
            r#"|\bopenssl\b[^|;]*?\spass:([^\s"']+)"#,
            r#"|\bldap(?:search|modify|add|delete|whoami|passwd)\b[^|;]*?\s-w\s*["']?([^\s"']+)"#,
            r#"|\bsmbclient\b[^|;]*?\s(?:-U|--user)[\s=]*["']?[^\s%"']+%([^\s"']+)"#,
            r#"|\bhtpasswd\b[^|;]*?\s-[a-zA-Z]*b[a-zA-Z]*\s+\S+\s+\S+\s+(\S+)"#,
            r#"|\bmongo(?:sh|dump|restore|export|import)?\b[^|;]*?\s-p[\s=]*["']?([^\s"']+)"#,
        ),
    ),
];
