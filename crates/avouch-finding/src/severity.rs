//! How bad a finding is, in the five steps that people sort by.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Severity of a finding. Rules have Falco's eight priorities; this is what they come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum Severity {
    #[default]
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Informational];

    /// Of a Falco priority, in any letter case: `emergency`, `alert` and `critical` are critical, `error` high, `warning`
    /// medium, `notice` low, `informational` and `debug` informational. `None` for another word.
    #[must_use]
    pub fn of_priority(priority: &str) -> Option<Self> {
        Some(match priority.to_ascii_lowercase().as_str() {
            "emergency" | "alert" | "critical" => Self::Critical,
            "error" => Self::High,
            "warning" => Self::Medium,
            "notice" => Self::Low,
            "informational" | "info" | "debug" => Self::Informational,
            _ => return None,
        })
    }

    /// Its name, as facts write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// `severity_id` of OCSF 1.x.
    #[must_use]
    pub fn ocsf(self) -> u8 {
        match self {
            Self::Informational => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_priority_of_falco_has_a_severity_and_worse_is_greater() {
        let names = ["debug", "informational", "notice", "warning", "error", "critical", "alert", "emergency"];
        let all: Vec<Severity> = names.iter().map(|n| Severity::of_priority(n).unwrap()).collect();
        assert!(all.is_sorted());
        assert_eq!(Severity::of_priority("Warning"), Some(Severity::Medium));
        assert_eq!(Severity::of_priority("bad"), None);
        assert!(Severity::ALL.iter().all(|s| Severity::parse(s.name()) == Some(*s)));
    }
}
