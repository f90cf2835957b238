//! What a rule's match stands for: the lists of a finding that are alike for most findings of its rule.

use avouch_finding::Finding;
use serde::{Deserialize, Serialize};

use crate::column::List;

/// Criteria, controls and tags of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "as in `Finding`")]
pub struct Classes {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria_secondary: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points_of_focus: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nist_800_53: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pci_dss: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attack: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Items of one list that are indexed.
const ITEMS: usize = 64;
/// Bytes of an item that are indexed.
const ITEM: usize = 256;

impl Classes {
    /// Of a finding; and whether something was too long.
    pub(crate) fn of(finding: &Finding) -> (Self, bool) {
        let mut cut = false;
        let mut take = |list: &[String]| -> Vec<String> {
            cut |= list.len() > ITEMS;
            let item = |text: &String| {
                let kept = shorten(text, ITEM);
                cut |= kept.len() < text.len();
                kept.to_owned()
            };
            list.iter().take(ITEMS).map(item).collect()
        };
        let classes = Self {
            criteria: take(&finding.criteria),
            criteria_secondary: take(&finding.criteria_secondary),
            points_of_focus: take(&finding.points_of_focus),
            nist_800_53: take(&finding.nist_800_53),
            pci_dss: take(&finding.pci_dss),
            attack: take(&finding.attack),
            tags: take(&finding.tags),
        };
        (classes, cut)
    }

    pub(crate) fn list(&self, list: List) -> &[String] {
        match list {
            List::Criteria => &self.criteria,
            List::CriteriaSecondary => &self.criteria_secondary,
            List::PointsOfFocus => &self.points_of_focus,
            List::Nist => &self.nist_800_53,
            List::Pci => &self.pci_dss,
            List::Attack => &self.attack,
            List::Tags => &self.tags,
        }
    }
}

/// The first `most` bytes of a text, less a character that would be cut.
pub(crate) fn shorten(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
