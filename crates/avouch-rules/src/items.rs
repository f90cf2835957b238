//! Lists, macros and rules as files define them, before anything is resolved.

use avouch_diagnostics::{FileId, Span};

use crate::Priority;
use crate::text::MappedText;

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// What every named item has.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) name: Text,
    /// The whole defining item.
    pub(crate) span: Span,
    /// File of the first definition.
    pub(crate) first_file: FileId,
    /// File of the last change.
    pub(crate) file: FileId,
    /// Position of the first definition among all definitions.
    pub(crate) index: u32,
    /// Position of the last change; what is defined from here on cannot be seen.
    pub(crate) visibility: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct ListDef {
    pub(crate) head: Head,
    pub(crate) items: Vec<Text>,
}

#[derive(Clone, Debug)]
pub(crate) struct MacroDef {
    pub(crate) head: Head,
    pub(crate) condition: MappedText,
}

#[derive(Clone, Debug)]
pub(crate) struct RuleDef {
    pub(crate) head: Head,
    pub(crate) condition: MappedText,
    pub(crate) condition_span: Span,
    pub(crate) desc: String,
    pub(crate) output: String,
    pub(crate) output_span: Span,
    pub(crate) priority: Priority,
    pub(crate) source: String,
    pub(crate) known_source: bool,
    pub(crate) enabled: bool,
    /// In the order of the file, with repeats.
    pub(crate) tags: Vec<String>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) capture: bool,
    pub(crate) capture_duration: u32,
}

/// What an append or override changes of a rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleUpdate {
    pub(crate) condition: Option<(MappedText, Span)>,
    pub(crate) desc: Option<String>,
    pub(crate) output: Option<(String, Span)>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) exceptions: Option<Vec<Exception>>,
    pub(crate) priority: Option<Priority>,
    pub(crate) enabled: Option<bool>,
    pub(crate) warn_evttypes: Option<bool>,
    pub(crate) skip_if_unknown_filter: Option<bool>,
    pub(crate) capture: Option<bool>,
    pub(crate) capture_duration: Option<u32>,
}

/// One exception of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) name: Text,
    pub(crate) fields: Option<Entry>,
    pub(crate) comps: Option<Entry>,
    pub(crate) values: Vec<Entry>,
    pub(crate) span: Span,
}

/// A text or a list of such.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    One(Text),
    Many(Vec<Entry>, Span),
}

impl Entry {
    pub(crate) fn span(&self) -> Span {
        match self {
            Entry::One(t) => t.span,
            Entry::Many(_, s) => *s,
        }
    }

    /// The texts, of a list or of the one.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        let many: &[Entry] = match self {
            Entry::One(_) => std::slice::from_ref(self),
            Entry::Many(all, _) => all,
        };
        many.iter().filter_map(|e| match e {
            Entry::One(t) => Some(t),
            Entry::Many(..) => None,
        })
    }
}

/// A plugin that a file asks for, or one that would do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginVersion {
    /// Name of the plugin.
    pub name: String,
    /// Least version.
    pub version: (u32, u32, u32),
}

/// An entry of `required_plugin_versions`.
#[derive(Clone, Debug)]
pub struct RequiredPlugin {
    /// The plugin and its alternatives; the first one that is there decides.
    pub any_of: Vec<PluginVersion>,
    /// Where the entry stands.
    pub span: Span,
}

/// `x.y.z`, as scanf would read it: three numbers, anything after them.
pub(crate) fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.trim_start().splitn(3, '.');
    let mut number = |last: bool| {
        let part = parts.next()?;
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || (!last && digits != part.len()) {
            return None;
        }
        part.get(..digits)?.parse().ok()
    };
    Some((number(false)?, number(false)?, number(true)?))
}

/// Whether a version of the same major number is at least the required one.
pub(crate) fn satisfies(have: (u32, u32, u32), required: (u32, u32, u32)) -> bool {
    have.0 == required.0 && have >= required
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(parse_version("0.31.0"), Some((0, 31, 0)));
        assert_eq!(parse_version("1.2.3-rc1"), Some((1, 2, 3)));
        assert_eq!(parse_version("1.2"), None);
        assert_eq!(parse_version("a.b.c"), None);
        assert_eq!(parse_version("1.2.99999999999"), None);
        assert!(
            satisfies((0, 63, 0), (0, 31, 5)) && !satisfies((0, 63, 0), (0, 63, 1)) && !satisfies((1, 0, 0), (0, 1, 0))
        );
    }
}
