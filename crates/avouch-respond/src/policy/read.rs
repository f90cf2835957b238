//! The file as the user wrote it, and the way from there to its meaning.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::{
    Action, Destination, ENTRIES, Item, Mode, PATH_BYTES, PORT_RANGES, Policy, PreventionPolicy, RuleAction, Scope,
};
use crate::pattern::Pattern;

/// What a pod is labelled with unless the policy says otherwise.
const QUARANTINE_LABEL: (&str, &str) = ("avouch/quarantine", "true");

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}:{column}: {message}{}{hint}", if hint.is_empty() { "" } else { "\n  help: " })]
pub struct PolicyError {
    /// Which file.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to write; empty when the message says it.
    pub hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dry_run: Option<bool>,
    max_acts_per_minute: Option<u32>,
    #[serde(default)]
    protect: ProtectEntry,
    #[serde(default)]
    rules: Vec<RuleEntry>,
    #[serde(default)]
    prevention: PreventionEntry,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ProtectEntry {
    #[serde(default)]
    processes: Vec<Spanned<String>>,
    #[serde(default)]
    containers: Vec<Spanned<String>>,
    namespaces: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionName {
    Kill,
    Stop,
    Pause,
    Quarantine,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    rule: Spanned<String>,
    action: ActionName,
    #[serde(default)]
    dry_run: bool,
    max_acts_per_minute: Option<u32>,
    labels: Option<BTreeMap<String, Spanned<String>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct PreventionEntry {
    #[serde(default)]
    exec_not_from_image: Item,
    #[serde(default)]
    exec_from_memory: Item,
    forbidden_binaries: Option<Binaries>,
    forbidden_destinations: Option<Destinations>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Binaries {
    mode: Mode,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    paths: Vec<Spanned<String>>,
    #[serde(default)]
    names: Vec<Spanned<String>>,
    #[serde(default)]
    sha256: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Destinations {
    mode: Mode,
    #[serde(default)]
    scope: Scope,
    destinations: Vec<DestinationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DestinationEntry {
    cidr: Spanned<String>,
    #[serde(default)]
    ports: Vec<Spanned<String>>,
}

struct Reader<'a> {
    file: &'a str,
}

impl Reader<'_> {
    fn error(&self, at: &Location, message: impl Into<String>, hint: &str) -> PolicyError {
        PolicyError {
            file: self.file.to_owned(),
            line: at.line(),
            column: at.column(),
            message: message.into(),
            hint: hint.to_owned(),
        }
    }

    fn patterns(&self, names: Vec<Spanned<String>>) -> Result<Vec<Pattern>, PolicyError> {
        let one = |name: Spanned<String>| {
            if name.value.is_empty() {
                return Err(self.error(
                    &name.referenced,
                    "an empty name matches nothing",
                    "write a name, `*` stands for anything",
                ));
            }
            Ok(Pattern::new(name.value))
        };
        names.into_iter().map(one).collect()
    }

    fn rule(&self, entry: RuleEntry) -> Result<RuleAction, PolicyError> {
        let rule = Pattern::new(&*entry.rule.value);
        let at = &entry.rule.referenced;
        if entry.rule.value.is_empty() {
            return Err(self.error(at, "a response without a rule", "write the rule's name"));
        }
        let action = match entry.action {
            ActionName::Quarantine => Action::Quarantine { labels: self.labels(entry.labels)? },
            _ if entry.labels.is_some() => {
                return Err(self.error(at, "only `quarantine` has `labels`", "take them away"));
            }
            _ if rule.matches_all() => {
                return Err(self.error(
                    at,
                    "this response would follow every detection",
                    "name the rules, or a family such as `Terminal *`",
                ));
            }
            ActionName::Kill => Action::Kill,
            ActionName::Stop => Action::Stop,
            ActionName::Pause => Action::Pause,
        };
        Ok(RuleAction { rule, action, dry_run: entry.dry_run, max_acts_per_minute: entry.max_acts_per_minute })
    }

    fn labels(
        &self,
        labels: Option<BTreeMap<String, Spanned<String>>>,
    ) -> Result<BTreeMap<String, String>, PolicyError> {
        let Some(labels) = labels else {
            return Ok(BTreeMap::from([(QUARANTINE_LABEL.0.to_owned(), QUARANTINE_LABEL.1.to_owned())]));
        };
        let part = |text: &str| {
            text.len() <= 63
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
                && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
                && text.bytes().last().is_some_and(|b| b.is_ascii_alphanumeric())
        };
        let mut out = BTreeMap::new();
        for (key, value) in labels {
            let (prefix, name) = key.rsplit_once('/').unwrap_or(("x", &key));
            if !part(name) || !(value.value.is_empty() || part(&value.value)) || prefix.is_empty() || prefix.len() > 253
            {
                return Err(self.error(
                    &value.referenced,
                    format!("`{key}: {}` is no label of Kubernetes", value.value),
                    "up to 63 letters, digits, `-`, `_`, `.`, with a letter or digit at both ends",
                ));
            }
            out.insert(key, value.value);
        }
        Ok(out)
    }

    fn binaries(&self, b: Binaries, policy: &mut PreventionPolicy) -> Result<(), PolicyError> {
        policy.forbidden_binaries = Item { mode: b.mode, scope: b.scope };
        for path in b.paths {
            let text = &path.value;
            let plain = text.len() > 1 && text.split('/').skip(1).all(|c| !c.is_empty() && c != "." && c != "..");
            if !text.starts_with('/') || !plain || text.len() > PATH_BYTES || text.contains('\0') {
                let hint = format!("an absolute path without `.` and `..`, of at most {PATH_BYTES} bytes");
                return Err(self.error(
                    &path.referenced,
                    format!("`{text}` cannot be compared with a program's path"),
                    &hint,
                ));
            }
            policy.paths.push(path.value);
        }
        for name in b.names {
            let text = &name.value;
            if text.is_empty() || text.contains(['/', '\0']) || text.len() > PATH_BYTES {
                return Err(self.error(
                    &name.referenced,
                    format!("`{text}` is no file name"),
                    "paths belong in `paths`",
                ));
            }
            policy.names.push(name.value);
        }
        for digest in b.sha256 {
            let bytes = digest_of(&digest.value).ok_or_else(|| {
                self.error(
                    &digest.referenced,
                    format!("`{}` is no SHA-256", digest.value),
                    "64 hexadecimal digits, as `sha256sum` prints them",
                )
            })?;
            policy.sha256.push(bytes);
        }
        Ok(())
    }

    fn destinations(&self, d: Destinations, policy: &mut PreventionPolicy) -> Result<(), PolicyError> {
        policy.forbidden_destinations = Item { mode: d.mode, scope: d.scope };
        let mut places = Vec::new();
        for entry in d.destinations {
            let at = entry.cidr.referenced;
            let (network, prefix) = network_of(&entry.cidr.value).ok_or_else(|| {
                self.error(
                    &at,
                    format!("`{}` is no network", entry.cidr.value),
                    "such as `10.1.0.0/16` or `fd00::/8`, without bits behind the prefix",
                )
            })?;
            let mut ports = Vec::new();
            for text in entry.ports {
                ports.push(ports_of(&text.value).ok_or_else(|| {
                    self.error(&text.referenced, format!("`{}` is no port", text.value), "such as `22` or `8000-8999`")
                })?);
            }
            if prefix == 0 && ports.is_empty() && d.scope == Scope::All {
                return Err(self.error(
                    &at,
                    "this would cut the whole host off the network",
                    "name ports, or leave out `scope: all`",
                ));
            }
            if ports.is_empty() {
                ports.push((0, u16::MAX));
            }
            policy.destinations.push(Destination { network, prefix, ports });
            places.push(at);
        }
        for (one, at) in policy.destinations.iter().zip(&places) {
            let ranges: usize = policy.destinations.iter().filter(|o| o.contains(one)).map(|o| o.ports.len()).sum();
            if ranges > PORT_RANGES {
                let message = format!("{ranges} port ranges on one network, with those of the networks around it");
                return Err(self.error(at, message, &format!("at most {PORT_RANGES}")));
            }
        }
        Ok(())
    }
}

fn digest_of(text: &str) -> Option<[u8; 32]> {
    let bytes = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
    if bytes.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

fn network_of(text: &str) -> Option<(IpAddr, u8)> {
    let (addr, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let addr: IpAddr = addr.parse().ok()?;
    let bits = if addr.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Some(bits), |p| p.parse().ok())?;
    (prefix <= bits && super::masked(addr, prefix) == addr).then_some((addr, prefix))
}

fn ports_of(text: &str) -> Option<(u16, u16)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (low <= high).then_some((low, high))
}

pub(super) fn read(file: &str, text: &str) -> Result<Policy, PolicyError> {
    let parsed: Option<File> = serde_saphyr::from_str(text).map_err(|e| {
        let at = e.location();
        PolicyError {
            file: file.to_owned(),
            line: at.as_ref().map_or(1, Location::line),
            column: at.as_ref().map_or(1, Location::column),
            message: plain_message(&e),
            hint: String::new(),
        }
    })?;
    let Some(parsed) = parsed else { return Ok(Policy::default()) };
    let reader = Reader { file };
    let mut policy = Policy::default();
    policy.dry_run = parsed.dry_run.unwrap_or(policy.dry_run);
    policy.max_acts_per_minute = parsed.max_acts_per_minute.unwrap_or(policy.max_acts_per_minute);
    policy.protect.processes = reader.patterns(parsed.protect.processes)?;
    policy.protect.containers = reader.patterns(parsed.protect.containers)?;
    if let Some(namespaces) = parsed.protect.namespaces {
        policy.protect.namespaces = reader.patterns(namespaces)?;
    }
    policy.rules = parsed.rules.into_iter().map(|r| reader.rule(r)).collect::<Result<_, _>>()?;
    let prevention = &mut policy.prevention;
    prevention.exec_not_from_image = parsed.prevention.exec_not_from_image;
    prevention.exec_from_memory = parsed.prevention.exec_from_memory;
    if let Some(binaries) = parsed.prevention.forbidden_binaries {
        reader.binaries(binaries, prevention)?;
    }
    if let Some(destinations) = parsed.prevention.forbidden_destinations {
        reader.destinations(destinations, prevention)?;
    }
    let sizes =
        [prevention.paths.len() + prevention.names.len(), prevention.sha256.len(), prevention.destinations.len()];
    if let Some(size) = sizes.into_iter().find(|&n| n > ENTRIES) {
        return Err(PolicyError {
            file: file.to_owned(),
            line: 1,
            column: 1,
            message: format!("a list of `prevention` has {size} entries"),
            hint: format!("at most {ENTRIES}"),
        });
    }
    Ok(policy)
}

/// The parser's message without the place, which ours begins with.
fn plain_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
