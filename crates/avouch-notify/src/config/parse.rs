//! The file as text: read, checked, and what is wrong told with its place.

use std::collections::BTreeMap;

use avouch_diagnostics::{Code, Diagnostic, FileId, Severity, SourceMap, Span, near_names, render_text};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::Config;

/// Larger files are refused.
const MAX_BYTES: usize = 1 << 20;
/// More channels or routes are refused: each channel is a thread.
const MAX_ENTRIES: usize = 256;
/// Keys whose values are shown as stars when they are no references.
const SECRET_KEYS: [&str; 12] = [
    "url",
    "routing_key",
    "api_key",
    "password",
    "secret",
    "token",
    "authorization",
    "slack",
    "teams",
    "pagerduty",
    "opsgenie",
    "webhook",
];

macro_rules! codes {
    ($($konst:ident = $id:literal $name:literal $meaning:literal $example:literal $fix:literal;)*) => {
        $(
            #[doc = $meaning]
            static $konst: Code = Code {
                id: $id, name: $name, severity: Severity::Error, lint: false, falco: None,
                meaning: $meaning, example: $example, fix: $fix,
            };
        )*
        /// Everything that can be wrong in a file of notifications.
        pub static CODES: &[&Code] = &[$(&$konst),*];
    };
}

codes! {
    SHAPE = "F0101" "notify-shape"
        "The file is no YAML, or something stands where something else must."
        "channels: none" "Write what the message asks for.";
    UNKNOWN_KEY = "F0102" "notify-unknown-key"
        "A key or word means nothing there."
        "routs: []" "Correct or remove it.";
    UNKNOWN_CHANNEL = "F0103" "notify-unknown-channel"
        "A route names a channel that the file does not have: nobody would be told."
        "channels: [pagr]" "Correct the name, or add the channel.";
    TWICE = "F0104" "notify-named-twice"
        "Two channels, or two routes, have the same name. Receipts name them, so that they must differ."
        "- name: chat\n- name: chat" "Rename one of them.";
    NOBODY = "F0105" "notify-tells-nobody"
        "A route, or a step of its escalation, names no channel."
        "channels: []" "Name a channel, or remove the route.";
    RANGE = "F0106" "notify-out-of-range"
        "A name or number is outside of what is possible."
        "queue: 0" "Choose another.";
    CANNOT_TELL = "F0107" "notify-cannot-tell"
        "A channel is to tell of acts for which its means have no form: what is sent would pass for new findings."
        "{name: log, to: {syslog: {...}}, pass_on: [close]}" "Remove it.";
}

/// Why a file is not used. Its `Display` shows the lines with carets; secrets that stand in the file by mistake are stars.
#[derive(Debug)]
pub struct ConfigError {
    /// The file, masked.
    pub sources: SourceMap,
    /// What is wrong.
    pub problems: Vec<Diagnostic>,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(render_text(&self.sources, &self.problems, false).trim_end())
    }
}

impl std::error::Error for ConfigError {}

/// The names again, with their places: a second, lenient reading.
#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    channels: Vec<Named>,
    #[serde(default)]
    routes: Vec<Routed>,
}

#[derive(Deserialize)]
struct Named {
    name: Spanned<String>,
    at_most: Option<Rated>,
    queue: Option<Spanned<u16>>,
    retry: Option<Retried>,
    timeout: Option<Spanned<super::Length>>,
    pass_on: Option<Vec<Spanned<super::PassOn>>>,
}

#[derive(Deserialize)]
struct Rated {
    messages: Spanned<u16>,
    per: Spanned<super::Length>,
}

#[derive(Deserialize)]
struct Retried {
    attempts: Option<Spanned<u16>>,
}

#[derive(Deserialize)]
struct Routed {
    name: Spanned<String>,
    #[serde(default)]
    channels: Vec<Spanned<String>>,
    #[serde(default)]
    escalate: Vec<Stepped>,
}

#[derive(Deserialize)]
struct Stepped {
    after: Spanned<super::Length>,
    #[serde(default)]
    channels: Vec<Spanned<String>>,
}

impl Config {
    /// Reads a file; `name` is what messages call it. An empty file is a configuration that tells nobody.
    ///
    /// # Errors
    /// When something in it is wrong: nothing of such a file is used.
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let mut sources = SourceMap::default();
        let file = sources.add(name, mask(text));
        let fail = |problems| ConfigError { sources: sources.clone(), problems };
        if text.len() > MAX_BYTES {
            let title = format!("the file is larger than {MAX_BYTES} bytes");
            return Err(fail(vec![SHAPE.at_fault(title).at(Span { file, start: 0, end: 0 }, "begins here")]));
        }
        let broken = |e: serde_saphyr::Error| fail(vec![problem(file, text, &e)]);
        let config: Option<Self> = serde_saphyr::from_str(text).map_err(broken)?;
        let Some(config) = config else { return Ok(Self::default()) };
        let names: Names = serde_saphyr::from_str(text).map_err(broken)?;
        let mut problems = check(file, text, &names);
        problems.extend(impossible(file, text, &config, &names));
        if problems.is_empty() { Ok(config) } else { Err(fail(problems)) }
    }
}

fn check(file: FileId, text: &str, names: &Names) -> Vec<Diagnostic> {
    let at = |location: &Location| span(file, text, location);
    let mut problems = Vec::new();
    for (what, all) in [
        ("channel", names.channels.iter().map(|c| &c.name).collect::<Vec<_>>()),
        ("route", names.routes.iter().map(|r| &r.name).collect()),
    ] {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for (n, name) in all.iter().enumerate() {
            let here = at(&name.referenced);
            let good = (1..=64).contains(&name.value.len())
                && name.value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            if !good {
                let problem = RANGE.at_fault(format!("`{}` is no name of a {what}", name.value));
                problems.push(problem.at(here, "letters, digits, `.`, `_` and `-`; at most 64"));
            }
            if n == MAX_ENTRIES {
                problems.push(RANGE.at_fault(format!("more than {MAX_ENTRIES} {what}s")).at(here, "one too many"));
            }
            if let Some(first) = seen.insert(&name.value, here) {
                let problem = TWICE.at_fault(format!("{what} `{}` stands twice", name.value));
                problems.push(problem.at(here, "again here").context(first, "first here"));
            }
        }
    }
    let mut number = |value: u16, range: std::ops::RangeInclusive<u16>, place: &Location| {
        if !range.contains(&value) {
            let title = format!("{value} is not between {} and {}", range.start(), range.end());
            problems.push(RANGE.at_fault(title).at(at(place), "out of range"));
        }
    };
    for channel in &names.channels {
        channel.queue.iter().for_each(|n| number(n.value, 1..=10_000, &n.referenced));
        channel.at_most.iter().for_each(|r| number(r.messages.value, 1..=10_000, &r.messages.referenced));
        channel.retry.iter().flat_map(|r| &r.attempts).for_each(|n| number(n.value, 1..=100, &n.referenced));
    }
    let lengths = names.channels.iter().flat_map(|c| c.at_most.iter().map(|r| &r.per).chain(&c.timeout));
    for length in lengths.filter(|length| length.value.is_zero()) {
        problems.push(RANGE.at_fault("this length must not be nothing").at(at(&length.referenced), "no time at all"));
    }
    for route in &names.routes {
        let named = &route.name.value;
        for (channels, place) in std::iter::once((&route.channels, &route.name.referenced))
            .chain(route.escalate.iter().map(|s| (&s.channels, &s.after.referenced)))
        {
            if channels.is_empty() {
                problems.push(NOBODY.at_fault(format!("route `{named}` tells nobody")).at(at(place), "no channels"));
            }
            for channel in channels {
                if names.channels.iter().any(|c| c.name.value == channel.value) {
                    continue;
                }
                let title = format!("route `{named}` names channel `{}`, which there is not", channel.value);
                let known: Vec<&str> = names.channels.iter().map(|c| c.name.value.as_str()).collect();
                problems.push(with_near(
                    UNKNOWN_CHANNEL.at_fault(title).at(at(&channel.referenced), "no such channel"),
                    &channel.value,
                    &known,
                ));
            }
        }
    }
    problems
}

/// Acts that a channel is to tell of and cannot.
fn impossible(file: FileId, text: &str, config: &Config, names: &Names) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (channel, named) in config.channels.iter().zip(&names.channels) {
        for act in named.pass_on.iter().flatten().filter(|act| !channel.to.can_tell(act.value)) {
            let (name, means) = (&channel.name, channel.to.means());
            let problem =
                CANNOT_TELL.at_fault(format!("channel `{name}` cannot tell of this: {means} has no form for it"));
            problems.push(problem.at(span(file, text, &act.referenced), "it would pass for news"));
        }
    }
    problems
}

fn with_near(problem: Diagnostic, name: &str, known: &[&str]) -> Diagnostic {
    match near_names(name, known.iter().copied(), 1).first() {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => problem,
        None => problem.help(format!("there are: {}", known.join(", "))),
    }
}

/// The parser's or serde's message, with its place, and the nearest of the words that it expected.
fn problem(file: FileId, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let message = error.without_snippet().to_string();
    // The parser ends with the place, which ours begins with.
    let message = message.split(" at line ").next().unwrap_or_default().trim();
    let here = error.location().map_or(Span { file, start: 0, end: 0 }, |at| span(file, text, &at));
    let unknown = match error.without_snippet() {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => Some((field, expected)),
        serde_saphyr::Error::SerdeUnknownVariant { variant, expected, .. } => Some((variant, expected)),
        _ => None,
    };
    if let Some((name, known)) = unknown {
        let problem = UNKNOWN_KEY.at_fault(format!("`{name}` means nothing here")).at(here, "unknown");
        return with_near(problem, name, known);
    }
    // What stands there in place of something else may be a secret in the wrong place.
    let message = match (message.find('"'), message.rfind('"')) {
        (Some(from), Some(to)) if from < to => {
            message.get(..from).unwrap_or_default().to_owned() + "..." + message.get(to + 1..).unwrap_or_default()
        }
        _ => message.to_owned(),
    };
    SHAPE.at_fault(message).at(here, "here")
}

/// Where a location lies; without a byte offset, where its line and column are.
fn span(file: FileId, text: &str, at: &Location) -> Span {
    let whole = at.span();
    let start = whole.byte_offset().and_then(|n| usize::try_from(n).ok()).unwrap_or_else(|| {
        let line = usize::try_from(at.line()).unwrap_or(1).saturating_sub(1);
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let column = usize::try_from(at.column()).unwrap_or(1).saturating_sub(1);
        let rest = text.get(before..).unwrap_or_default();
        before + rest.char_indices().nth(column).map_or(0, |(n, _)| n)
    });
    let start = start.min(text.len());
    let length = whole.byte_len().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let word = text.get(start..).and_then(|rest| rest.find([' ', '\n', ',', '}', ']', ':'])).unwrap_or(0);
    // A place that spans lines would bury the message.
    let end = start + length.unwrap_or(word.max(1));
    let line_end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| start + n);
    let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { file, start: offset(start), end: offset(end.min(line_end).max(start)) }
}

/// The text with stars for what stands in place of a reference to a secret, all else at its place.
fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some((key, start)) = secret_in(rest) {
            let value = rest.get(start..).unwrap_or_default();
            let blanks = value.len() - value.trim_start().len();
            let bare = value.trim_start();
            // What begins a mapping or list has keys of its own; those are looked at next.
            let inside = bare.is_empty() || bare.starts_with(['{', '[']);
            let length = match bare.chars().next() {
                _ if inside => bare.len().min(1),
                Some(quote @ ('"' | '\'')) => bare.get(1..).and_then(|t| t.find(quote)).map_or(bare.len(), |n| n + 2),
                _ => bare.find([',', '}', '\n', '\r']).unwrap_or(bare.len()),
            };
            let (value, after) = bare.split_at(length);
            out.push_str(rest.get(..start + blanks).unwrap_or_default());
            let said = value.trim_matches(['"', '\'']);
            // An address without a path is needed to see what is wrong with it.
            let open = said.starts_with("env:") || said.starts_with("file:") || (key == "url" && !hides(said));
            if inside || open {
                out.push_str(value);
            } else {
                let stars = value.chars().map(|c| if c.is_whitespace() { 0 } else { c.len_utf8() });
                let star = |(n, c): (usize, char)| std::iter::repeat_n(if n == 0 { c } else { '*' }, n.max(1));
                out.extend(stars.zip(value.chars()).flat_map(star));
            }
            rest = after;
        }
        out.push_str(rest);
    }
    out
}

/// Whether an address may hold a secret: it has a path or a user.
fn hides(url: &str) -> bool {
    url.split_once("://").is_none_or(|(_, rest)| rest.trim_end_matches('/').contains(['/', '@', '?']))
}

/// The first key of a secret in a line, and where its value begins.
fn secret_in(line: &str) -> Option<(&'static str, usize)> {
    let found = |key: &'static str| {
        let lower = line.to_ascii_lowercase();
        let at = lower.match_indices(key).find_map(|(n, _)| {
            let before = lower.get(..n)?.chars().next_back();
            let colon = lower.get(n + key.len()..)?.trim_start_matches(['"', '\'', ' ']);
            let fits = !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && colon.starts_with(':');
            fits.then(|| lower.len() - colon.len() + 1)
        })?;
        Some((key, at))
    };
    SECRET_KEYS.iter().filter_map(|key| found(key)).min_by_key(|(_, at)| *at)
}
