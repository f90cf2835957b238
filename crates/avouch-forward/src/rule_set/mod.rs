//! The rules that a server has its agents judge by: texts of rule files, mappings and acceptances as one set with a digest.
//!
//! `docs/FORWARD.md` has the form. Texts are never files of the one who gets them: their names are for messages, and no name is ever
//! a path.

mod kept;

use std::io::Read as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use kept::{KeptError, KeptRuleSet};

/// Name and version of the form.
pub const RULE_SET_FORMAT: &str = "avouch.rule-set/1";

/// Where agents ask for it, after the base address of the server.
pub const RULE_SET_PATH: &str = "/api/v1/agents/rule-set";

/// Texts of a set at most, of all kinds together.
const MAX_TEXTS: usize = 10_000;

/// Bytes of all texts and names together. The rules of this project and all upstream packs have less than one MB.
pub const MAX_RULE_SET: usize = 8 << 20;

/// Bytes of the document: JSON writes a control or a quote with more than one byte.
const MAX_DOCUMENT: u64 = 3 * MAX_RULE_SET as u64;

/// Longest name of a text in bytes.
const MAX_NAME: usize = 256;

/// A text with the name that messages give it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedText {
    /// What messages call it, as `rules/local.yaml`.
    pub name: String,
    /// It.
    pub text: String,
}

/// What a set is made of, each in the order of loading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTexts {
    /// Rule files.
    pub rules: Vec<NamedText>,
    /// Mappings of rules to criteria, over the built-in one.
    #[serde(default)]
    pub mappings: Vec<NamedText>,
    /// Acceptances.
    #[serde(default)]
    pub acceptances: Vec<NamedText>,
}

/// Texts within bounds, and the digest that tells them from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTextSet {
    digest: String,
    by: String,
    texts: RuleTexts,
}

/// Why something is no set of rules.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RuleSetError {
    #[error("the set has no rule file")]
    Empty,
    #[error("the set has {bytes} bytes; agents take {MAX_RULE_SET}")]
    TooLarge { bytes: usize },
    #[error("the set has {texts} files; agents take {MAX_TEXTS}")]
    TooMany { texts: usize },
    #[error("`{0}` cannot be the name of a file of rules: 1 to {MAX_NAME} bytes without controls")]
    Name(String),
    #[error("it is not JSON of the form {RULE_SET_FORMAT}")]
    Json(#[source] serde_json::Error),
    #[error("`{0}` is no form that is read; this agent reads {RULE_SET_FORMAT}")]
    Format(String),
    #[error("its digest is not that of its texts: it was changed or cut on the way")]
    Digest,
    #[error("failed to decompress it")]
    Inflate(#[source] std::io::Error),
    #[error("`{0}` is no encoding that is read")]
    Encoding(String),
}

#[derive(Serialize, Deserialize)]
struct Document<T> {
    format: String,
    digest: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    by: String,
    #[serde(flatten)]
    texts: T,
}

/// The first thing that is looked at: a form of the future may hold anything else.
#[derive(Deserialize)]
struct Head {
    format: String,
}

impl RuleTextSet {
    /// A set of these texts.
    ///
    /// # Errors
    /// When there is no rule file, or the texts are beyond the bounds.
    pub fn new(texts: RuleTexts) -> Result<Self, RuleSetError> {
        if texts.rules.is_empty() {
            return Err(RuleSetError::Empty);
        }
        let all = || texts.rules.iter().chain(&texts.mappings).chain(&texts.acceptances);
        let count = all().count();
        if count > MAX_TEXTS {
            return Err(RuleSetError::TooMany { texts: count });
        }
        let bytes = all().map(|t| t.name.len() + t.text.len()).sum();
        if bytes > MAX_RULE_SET {
            return Err(RuleSetError::TooLarge { bytes });
        }
        if let Some(text) = all().find(|t| !fits(&t.name)) {
            return Err(RuleSetError::Name(text.name.chars().filter(|c| !c.is_control()).take(80).collect()));
        }
        Ok(Self { digest: digest(&texts), by: String::new(), texts })
    }

    /// The same, changed last by somebody. A name that is none is left out.
    #[must_use]
    pub fn changed_by(mut self, name: &str) -> Self {
        self.by = if fits(name) { name.to_owned() } else { String::new() };
        self
    }

    /// Who changed it last; empty when that is not known. It is no part of what the digest tells.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// SHA-256 in hex over the form's name and every text: the same digest is the same set. What is hashed, byte for byte:
    /// `avouch.rule-set/1\n`, then for each rule file `rules <length of the name> <length of the text>\n`, its name and its text, both
    /// lengths in bytes; then mappings and acceptances in the same way, with `mappings` and `acceptances` in front.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The texts.
    #[must_use]
    pub fn texts(&self) -> &RuleTexts {
        &self.texts
    }

    /// The document that [`RuleTextSet::decode`] reads.
    ///
    /// # Errors
    /// None in practice: texts are JSON.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (format, digest, by) = (RULE_SET_FORMAT.to_owned(), self.digest.clone(), self.by.clone());
        serde_json::to_vec(&Document { format, digest, by, texts: &self.texts })
    }

    /// Reads a document. Whoever sent it may be anybody: bounds, names and the digest are looked at.
    ///
    /// # Errors
    /// When it is no document of this form, or not whole.
    pub fn decode(document: &[u8]) -> Result<Self, RuleSetError> {
        let head: Head = serde_json::from_slice(document).map_err(RuleSetError::Json)?;
        if head.format != RULE_SET_FORMAT {
            return Err(RuleSetError::Format(head.format.chars().filter(|c| !c.is_control()).take(40).collect()));
        }
        let read: Document<RuleTexts> = serde_json::from_slice(document).map_err(RuleSetError::Json)?;
        let set = Self::new(read.texts)?.changed_by(&read.by);
        if set.digest == read.digest { Ok(set) } else { Err(RuleSetError::Digest) }
    }

    /// As [`RuleTextSet::decode`], of a body of an answer with that `Content-Encoding`.
    pub(crate) fn decode_body(body: &[u8], encoding: Option<&str>) -> Result<Self, RuleSetError> {
        let encoding = encoding.map(|e| e.trim().to_ascii_lowercase()).filter(|e| !e.is_empty() && e != "identity");
        match encoding.as_deref() {
            None => Self::decode(body),
            Some("gzip" | "x-gzip") => {
                let mut document = Vec::new();
                let mut decoder = flate2::read::GzDecoder::new(body).take(MAX_DOCUMENT + 1);
                let read = decoder.read_to_end(&mut document).map_err(RuleSetError::Inflate)?;
                if read as u64 > MAX_DOCUMENT {
                    return Err(RuleSetError::TooLarge { bytes: read });
                }
                Self::decode(&document)
            }
            Some(other) => Err(RuleSetError::Encoding(other.chars().filter(|c| !c.is_control()).take(40).collect())),
        }
    }
}

/// Most bytes of an answer that are read, compressed or not.
pub(crate) const MAX_BODY: u64 = MAX_DOCUMENT;

/// Whether something can be a name: of a text, of somebody.
fn fits(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn digest(texts: &RuleTexts) -> String {
    let mut hash = Sha256::new();
    hash.update(RULE_SET_FORMAT);
    hash.update(b"\n");
    for (kind, list) in [("rules", &texts.rules), ("mappings", &texts.mappings), ("acceptances", &texts.acceptances)] {
        for NamedText { name, text } in list {
            hash.update(format!("{kind} {} {}\n", name.len(), text.len()));
            hash.update(name);
            hash.update(text);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, text: &str) -> NamedText {
        NamedText { name: name.to_owned(), text: text.to_owned() }
    }

    fn set(rules: &[(&str, &str)]) -> RuleTextSet {
        let rules = rules.iter().map(|(name, of)| text(name, of)).collect();
        RuleTextSet::new(RuleTexts { rules, acceptances: vec![text("ACC-1", "a")], ..RuleTexts::default() }).unwrap()
    }

    #[test]
    fn a_document_reads_back_and_the_digest_tells_sets_apart() {
        let one = set(&[("a.yaml", "- rule: \"A\"\n\u{1F600}"), ("b.yaml", "")]);
        assert_eq!(RuleTextSet::decode(&one.encode().unwrap()).unwrap(), one);
        let by = one.clone().changed_by("ada");
        assert_eq!((by.digest(), RuleTextSet::decode(&by.encode().unwrap()).unwrap().by()), (one.digest(), "ada"));
        assert_eq!(by.changed_by("a\nb").by(), "");
        let others = [
            set(&[("b.yaml", ""), ("a.yaml", "- rule: \"A\"\n\u{1F600}")]),
            set(&[("a.yaml", "- rule: \"A\"\n"), ("b.yaml", "\u{1F600}")]),
            set(&[("a.yamlb", ".yaml- rule: \"A\"\n\u{1F600}"), ("b.yaml", "")]),
        ];
        for other in others {
            assert_ne!(other.digest(), one.digest());
        }
        let moved = RuleTexts { rules: vec![text("x", "y")], ..RuleTexts::default() };
        let mapped = RuleTexts { mappings: vec![text("x", "y")], ..moved.clone() };
        let accepted = RuleTexts { acceptances: vec![text("x", "y")], ..moved.clone() };
        let digests = [moved, mapped, accepted].map(|texts| RuleTextSet::new(texts).unwrap().digest);
        assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    }

    /// The digest by hand: what `docs/FORWARD.md` says, so that others can make it.
    #[test]
    fn the_digest_is_what_the_document_of_the_form_says() {
        let texts = RuleTexts {
            rules: vec![text("a.yaml", "one\n")],
            mappings: vec![text("m", "é")],
            acceptances: vec![text("ACC-1", "x")],
        };
        let by_hand = "avouch.rule-set/1\nrules 6 4\na.yamlone\nmappings 1 2\nméacceptances 5 1\nACC-1x";
        let expected: String = Sha256::digest(by_hand).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(RuleTextSet::new(texts).unwrap().digest(), expected);
    }

    #[test]
    fn what_is_changed_cut_too_large_or_of_another_form_is_refused() {
        let document = String::from_utf8(set(&[("a.yaml", "text of it")]).encode().unwrap()).unwrap();
        let decode = |text: &str| RuleTextSet::decode(text.as_bytes()).unwrap_err();
        assert!(matches!(decode(&document.replace("text of it", "text of IT")), RuleSetError::Digest));
        assert!(matches!(decode(&document.replace("\"acceptances\"", "\"ignored\"")), RuleSetError::Digest));
        assert!(matches!(decode(&document.replace("set/1", "set/2")), RuleSetError::Format(f) if f.ends_with("/2")));
        assert!(matches!(decode(&document[..document.len() - 1]), RuleSetError::Json(_)));
        assert!(matches!(decode("<html>"), RuleSetError::Json(_)));
        assert!(matches!(decode(&"[".repeat(1 << 20)), RuleSetError::Json(_)));
        let refused = |texts| RuleTextSet::new(texts).unwrap_err();
        let of = |rules| RuleTexts { rules, ..RuleTexts::default() };
        assert!(matches!(refused(of(Vec::new())), RuleSetError::Empty));
        let large = vec![text("a", &"x".repeat(MAX_RULE_SET))];
        assert!(matches!(refused(of(large)), RuleSetError::TooLarge { .. }));
        assert!(matches!(refused(of(vec![text("a", ""); MAX_TEXTS + 1])), RuleSetError::TooMany { .. }));
        for name in ["", "a\nb", "\u{1b}[2J", &"x".repeat(MAX_NAME + 1)] {
            assert!(matches!(refused(of(vec![text(name, "")])), RuleSetError::Name(_)), "{name:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn bytes_of_anybody_never_panic_and_what_is_read_is_what_was_written(
            names in proptest::collection::vec("[a-z/.]{0,8}", 0..4),
            texts in proptest::collection::vec(".{0,20}", 4),
            changes in proptest::collection::vec((proptest::prelude::any::<usize>(), proptest::prelude::any::<u8>()), 0..4),
        ) {
            let rules = names.iter().zip(&texts).map(|(name, of)| text(name, of)).collect();
            let Ok(one) = RuleTextSet::new(RuleTexts { rules, ..RuleTexts::default() }) else { return Ok(()) };
            let mut document = one.encode().unwrap();
            for (at, byte) in &changes {
                let at = at % document.len();
                document[at] = *byte;
            }
            match RuleTextSet::decode(&document) {
                // What was changed without a change of meaning, as a blank.
                Ok(read) => assert_eq!(read, one),
                Err(_) => assert!(!changes.is_empty()),
            }
        }
    }

    #[test]
    fn a_body_that_swells_is_not_swallowed() {
        use std::io::Write as _;
        let gzip = |bytes: &[u8]| {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(bytes).and_then(|()| out.finish()).unwrap()
        };
        let one = set(&[("a.yaml", "text")]);
        let body = gzip(&one.encode().unwrap());
        assert_eq!(RuleTextSet::decode_body(&body, Some("GZIP ")).unwrap(), one);
        assert!(matches!(RuleTextSet::decode_body(&body, Some("br")), Err(RuleSetError::Encoding(_))));
        assert!(matches!(RuleTextSet::decode_body(b"not gzip", Some("gzip")), Err(RuleSetError::Inflate(_))));
        let bomb = gzip(&vec![b' '; MAX_DOCUMENT as usize + 10]);
        assert!(bomb.len() < 1 << 20);
        assert!(matches!(RuleTextSet::decode_body(&bomb, Some("gzip")), Err(RuleSetError::TooLarge { .. })));
    }
}
