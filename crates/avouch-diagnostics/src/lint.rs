//! Lints are warnings with names; a user can silence one or make it an error.

use std::collections::BTreeMap;

use crate::{Code, Diagnostic, Severity, near_names};

/// What to do with a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintLevel {
    /// Say nothing.
    Allow,
    /// Warn.
    Warn,
    /// Treat as an error.
    Deny,
}

/// Why a `name=level` was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LintLevelError {
    /// There is no `=`, or the name is empty.
    #[error("`{0}` is not of the form `name=allow`, `name=warn` or `name=deny`")]
    Shape(String),
    /// The word after `=` is not a level.
    #[error("`{0}` is not a lint level; use `allow`, `warn` or `deny`")]
    Level(String),
    /// No lint has this name.
    #[error("there is no lint `{name}`{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// As given.
        name: String,
        /// The nearest name that exists.
        near: Option<String>,
    },
}

/// Levels by lint name; `all` stands for every lint that is not named itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LintLevels {
    by_name: BTreeMap<String, LintLevel>,
}

impl LintLevels {
    /// Reads settings such as `unused-macro=allow` or `all=deny`; the last one for a name counts.
    ///
    /// # Errors
    /// The first setting that is malformed or names no lint of `codes`.
    pub fn parse<'a>(
        settings: impl IntoIterator<Item = &'a str>,
        codes: &[&Code],
    ) -> Result<LintLevels, LintLevelError> {
        let mut levels = LintLevels::default();
        for setting in settings {
            let (name, level) = setting
                .split_once('=')
                .map(|(n, l)| (n.trim(), l.trim()))
                .filter(|(n, _)| !n.is_empty())
                .ok_or_else(|| LintLevelError::Shape(setting.to_owned()))?;
            let level = match level {
                "allow" => LintLevel::Allow,
                "warn" => LintLevel::Warn,
                "deny" => LintLevel::Deny,
                other => return Err(LintLevelError::Level(other.to_owned())),
            };
            let lints = || codes.iter().filter(|c| c.lint).map(|c| c.name);
            if name != "all" && !lints().any(|n| n == name) {
                let near = near_names(name, lints(), 1).into_iter().next().map(str::to_owned);
                return Err(LintLevelError::Unknown { name: name.to_owned(), near });
            }
            levels.set(name, level);
        }
        Ok(levels)
    }

    /// Sets one level.
    pub fn set(&mut self, name: impl Into<String>, level: LintLevel) {
        self.by_name.insert(name.into(), level);
    }

    /// The level of a lint that was set, if any was.
    #[must_use]
    pub fn level(&self, name: &str) -> Option<LintLevel> {
        self.by_name.get(name).or_else(|| self.by_name.get("all")).copied()
    }

    /// Drops allowed lints and raises denied ones to errors; all else stays as it is.
    pub fn apply(&self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.retain_mut(|d| match d.lint.and_then(|name| self.level(name)) {
            None => true,
            Some(LintLevel::Allow) => false,
            Some(LintLevel::Warn) => {
                d.severity = Severity::Warning;
                true
            }
            Some(LintLevel::Deny) => {
                d.severity = Severity::Error;
                true
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static UNUSED: Code = Code {
        id: "T1",
        name: "unused-macro",
        severity: Severity::Warning,
        lint: true,
        falco: None,
        meaning: "",
        example: "",
        fix: "",
    };

    #[test]
    fn last_setting_counts_and_names_are_checked() {
        let codes = [&UNUSED];
        let levels = LintLevels::parse(["all=deny", "unused-macro=allow"], &codes).unwrap();
        assert_eq!(levels.level("unused-macro"), Some(LintLevel::Allow));
        assert_eq!(levels.level("other"), Some(LintLevel::Deny));
        let error = LintLevels::parse(["unused-macr=allow"], &codes).unwrap_err();
        assert_eq!(error.to_string(), "there is no lint `unused-macr`; did you mean `unused-macro`?");
        assert!(LintLevels::parse(["unused-macro"], &codes).is_err());
        assert!(LintLevels::parse(["unused-macro=no"], &codes).is_err());
    }

    #[test]
    fn allow_drops_and_deny_raises() {
        let mut d = vec![UNUSED.at_fault("x"), Diagnostic::warning("T2", "not a lint")];
        let mut levels = LintLevels::default();
        levels.set("unused-macro", LintLevel::Deny);
        levels.apply(&mut d);
        assert_eq!((d[0].severity, d[1].severity), (Severity::Error, Severity::Warning));
        levels.set("unused-macro", LintLevel::Allow);
        levels.apply(&mut d);
        assert_eq!(d.len(), 1);
    }
}
