//! Ids in the tags of rules, as several products write them.

use crate::criteria::{Criterion, PointOfFocus, criterion, point_of_focus};
use crate::shapes::{is_attack, is_nist, is_pci};

/// What a tag says.
#[derive(Debug, PartialEq)]
pub(crate) enum Tag<'t> {
    /// `SOC2_CC6.1`, `tsc_CC6.1`.
    Soc2(&'static Criterion),
    /// `SOC2_CC6.1.pof03`.
    Point(&'static PointOfFocus),
    /// `NIST_800-53_AC-2`.
    Nist(&'t str),
    /// `PCI_DSS_11.5.1`.
    Pci(&'t str),
    /// `T1059`, `T1562-impair-defenses`, `TA0003`.
    Technique(&'t str),
    /// `mitre_execution`.
    Tactic(&'t str),
    /// It has the prefix of a catalogue, but no id of it follows.
    Unknown,
    /// It is about something else.
    Other,
}

pub(crate) fn read(tag: &str) -> Tag<'_> {
    let after = |prefix: &str| {
        let head = tag.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| tag.get(prefix.len()..)).flatten()
    };
    if let Some(id) = after("SOC2_").or_else(|| after("tsc_")) {
        let point = || point_of_focus(id).map(Tag::Point);
        return criterion(id).map(Tag::Soc2).or_else(point).unwrap_or(Tag::Unknown);
    }
    if let Some(id) = after("NIST_800-53_") {
        return if is_nist(id) { Tag::Nist(id) } else { Tag::Unknown };
    }
    if let Some(id) = after("PCI_DSS_") {
        return if is_pci(id) { Tag::Pci(id) } else { Tag::Unknown };
    }
    if let Some(tactic) = after("mitre_").filter(|t| !t.is_empty()) {
        return Tag::Tactic(tactic);
    }
    let id = tag.split('-').next().unwrap_or(tag);
    if is_attack(id) { Tag::Technique(id) } else { Tag::Other }
}

/// The id of a criterion, a point of focus, a NIST control or a PCI requirement that a tag names, as the lists of a finding have it;
/// `None` for techniques and all else.
#[must_use]
pub fn catalogue_id(tag: &str) -> Option<&str> {
    match read(tag) {
        Tag::Soc2(criterion) => Some(&criterion.id),
        Tag::Point(point) => Some(&point.id),
        Tag::Nist(id) | Tag::Pci(id) => Some(id),
        Tag::Technique(_) | Tag::Tactic(_) | Tag::Unknown | Tag::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_several_products_are_read() {
        assert_eq!(read("SOC2_CC6.1"), Tag::Soc2(criterion("CC6.1").unwrap()));
        assert_eq!(read("tsc_cc6.1"), Tag::Soc2(criterion("CC6.1").unwrap()));
        assert_eq!(read("SOC2_CC6.1.pof03"), Tag::Point(point_of_focus("CC6.1.pof03").unwrap()));
        assert_eq!(read("SOC2_CC6.1.pof99"), Tag::Unknown);
        assert_eq!(read("NIST_800-53_AC-2"), Tag::Nist("AC-2"));
        assert_eq!(read("PCI_DSS_11.5.1"), Tag::Pci("11.5.1"));
        assert_eq!(read("T1059.004"), Tag::Technique("T1059.004"));
        assert_eq!(read("T1562-impair-defenses"), Tag::Technique("T1562"));
        assert_eq!(read("mitre_execution"), Tag::Tactic("execution"));
        assert_eq!((read("SOC2_CC6.9"), read("PCI_DSS_x")), (Tag::Unknown, Tag::Unknown));
        assert_eq!(
            (read("container"), read(""), read("mitre_"), read("é")),
            (Tag::Other, Tag::Other, Tag::Other, Tag::Other)
        );
    }
}
