//! One set as it is served.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use avouch_forward::{NamedText, RuleTextSet, RuleTexts};
use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::desk::{DeskSetup, Loaded, written};
use crate::error::chain;

/// A set, made of what was loaded.
#[derive(Debug)]
pub(crate) struct Served {
    /// Digest of the set.
    pub digest: String,
    /// Digest of its rules as this server loaded them; an agent that selects alike tells the same.
    pub rules: String,
    /// Rule files and mappings.
    pub files: usize,
    pub acceptances: usize,
    set: RuleTextSet,
}

/// The document of a set, ready to go out.
#[derive(Debug)]
pub(crate) struct Document {
    pub digest: String,
    /// The document.
    pub plain: Bytes,
    /// The same, compressed. Nothing of a request stands beside what may be secret in it.
    pub gzip: Bytes,
}

impl Served {
    /// Of what was loaded.
    ///
    /// # Errors
    /// Why it cannot be served, in words.
    pub(crate) fn of(loaded: &Loaded, setup: &DeskSetup) -> Result<Self, String> {
        let mut rules: Vec<NamedText> =
            loaded.rules.map.iter().map(|(_, file)| text(setup, &file.name, &file.text)).collect();
        // Mappings stand behind the rule files.
        let mappings = rules.split_off(rules.len().saturating_sub(setup.options.mappings.len()));
        let accepted = |a: &avouch_controls::Acceptance| NamedText { name: cut(&a.id), text: written(a) };
        let acceptances: Vec<NamedText> = loaded.acceptances.all().iter().map(accepted).collect();
        let (files, count) = (rules.len() + mappings.len(), acceptances.len());
        let set = RuleTextSet::new(RuleTexts { rules, mappings, acceptances }).map_err(|e| chain(&e))?;
        let (digest, rules) = (set.digest().to_owned(), loaded.digest.clone());
        Ok(Self { digest, rules, files, acceptances: count, set })
    }

    /// Its document, changed last by somebody.
    ///
    /// # Errors
    /// None in practice.
    pub(crate) fn document(self, by: &str) -> Result<Document, String> {
        let plain = self.set.changed_by(by).encode().map_err(|e| chain(&e))?;
        let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
        let gzip = encoder.write_all(&plain).and_then(|()| encoder.finish()).map_err(|e| chain(&e))?;
        Ok(Document { digest: self.digest, plain: plain.into(), gzip: gzip.into() })
    }
}

fn text(setup: &DeskSetup, name: &str, text: &str) -> NamedText {
    let name = cut(&below(setup.rules.iter().chain(&setup.options.mappings), name));
    NamedText { name, text: text.to_owned() }
}

/// What stands of a file's name below the path that was given, with the last part of that.
fn below<'a>(given: impl Iterator<Item = &'a PathBuf>, name: &str) -> String {
    let path = Path::new(name);
    let under = given.filter_map(|given| Some((given.file_name()?, path.strip_prefix(given).ok()?)));
    // The longest path that was given.
    let found = under.min_by_key(|(_, rest)| rest.as_os_str().len());
    match found {
        Some((last, rest)) if rest.as_os_str().is_empty() => last.to_string_lossy().into_owned(),
        Some((last, rest)) => Path::new(last).join(rest).display().to_string(),
        None => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

/// A name that agents take: its end, when it is long.
fn cut(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let start = name.len().saturating_sub(200);
    let start = (start..=name.len()).find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    match name.get(start..) {
        Some(end) if !end.is_empty() => end.to_owned(),
        _ => "unnamed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_no_more_of_the_servers_disk_than_messages_need() {
        let given: Vec<PathBuf> =
            ["/etc/avouch/rules", "/etc/avouch/rules/own", "/srv/site.yaml", "rules"].map(PathBuf::from).into();
        for (name, expected) in [
            ("/etc/avouch/rules/syscall/a.yaml", "rules/syscall/a.yaml"),
            ("/etc/avouch/rules/own/b.yaml", "own/b.yaml"),
            ("/srv/site.yaml", "site.yaml"),
            ("rules/c.yaml", "rules/c.yaml"),
            ("/elsewhere/d.yaml", "d.yaml"),
        ] {
            assert_eq!(below(given.iter(), name), expected);
        }
        assert_eq!(cut(&format!("{}\u{e9}.yaml", "x".repeat(194))), format!("{}\u{e9}.yaml", "x".repeat(193)));
        assert_eq!((cut("a\nb"), cut("")), ("a?b".to_owned(), "unnamed".to_owned()));
    }
}
