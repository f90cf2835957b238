//! Other catalogues seen through SOC 2: which of their parts are related to which criteria. A relation is never "equal".

use std::collections::BTreeMap;
use std::sync::LazyLock;

use avouch_diagnostics::{Diagnostic, FileId};

use crate::criteria::{Criterion, criterion};
use crate::form::{Form, IdForm, Key, may, must};
use crate::mapping::Criteria;
use crate::names::names;
use crate::shapes::{is_nist, is_pci};
use crate::view::{self, View};
use crate::words::Relation;

names! {
    /// A catalogue besides SOC 2.
    Framework {
        /// NIST SP 800-53 revision 5.
        Nist80053 = "nist_800_53",
        /// PCI DSS 4.0.
        PciDss = "pci_dss",
        /// ISO/IEC 27001:2022, clauses and Annex A.
        Iso27001 = "iso_27001",
        /// CIS Critical Security Controls, version 8.
        CisControls = "cis_controls",
        /// NIST Cybersecurity Framework 2.0.
        NistCsf = "nist_csf",
    }
}

impl Framework {
    /// All of them.
    pub const ALL: [Framework; 5] = [Self::Nist80053, Self::PciDss, Self::Iso27001, Self::CisControls, Self::NistCsf];

    /// Its name for people, with the edition.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Nist80053 => "NIST SP 800-53 revision 5",
            Self::PciDss => "PCI DSS 4.0",
            Self::Iso27001 => "ISO/IEC 27001:2022",
            Self::CisControls => "CIS Controls version 8",
            Self::NistCsf => "NIST Cybersecurity Framework 2.0",
        }
    }

    /// Ids of it that a rule names itself; only two catalogues stand in tags.
    #[must_use]
    pub fn named(self, criteria: &Criteria) -> &[String] {
        match self {
            Self::Nist80053 => &criteria.nist_800_53,
            Self::PciDss => &criteria.pci_dss,
            Self::Iso27001 | Self::CisControls | Self::NistCsf => &[],
        }
    }
}

/// Criteria and what they are related to.
#[derive(Clone, Debug, Default)]
pub struct Crosswalk {
    /// How all of its relations are meant.
    pub relation: Option<Relation>,
    /// For each criterion, ids by catalogue.
    rows: Vec<(&'static Criterion, BTreeMap<Framework, Vec<String>>)>,
}

static NIST: IdForm = IdForm {
    what: "control of NIST SP 800-53",
    example: "AC-6(9)",
    pattern: "^[A-Z]{2}-[0-9]{1,2}(\\([0-9]{1,2}\\))?$",
    is: is_nist,
};
static PCI: IdForm = IdForm {
    what: "requirement of PCI DSS",
    example: "10.2.1.2",
    pattern: "^A?[0-9]{1,2}(\\.[0-9]{1,2}){0,4}$",
    is: is_pci,
};
static ISO: IdForm = IdForm {
    what: "clause or Annex A control of ISO/IEC 27001",
    example: "A.8.16",
    pattern: "^(A\\.)?[0-9]{1,2}\\.[0-9]{1,2}(\\.[0-9]{1,2})?$",
    is: |t| is_pci(t.strip_prefix("A.").unwrap_or(t)),
};
static CIS: IdForm = IdForm {
    what: "control or safeguard of CIS",
    example: "8.11",
    pattern: "^[0-9]{1,2}(\\.[0-9]{1,2})?$",
    is: |t| !t.starts_with('A') && is_pci(t) && t.split('.').count() <= 2,
};
static CSF: IdForm = IdForm {
    what: "subcategory of the NIST CSF",
    example: "DE.CM-09",
    pattern: "^[A-Z]{2}\\.[A-Z]{2}-[0-9]{2}$",
    is: |t| t.len() == 8 && t.get(3..).is_some_and(is_nist) && t.get(..3).is_some_and(|f| f.ends_with('.')),
};
static CRITERION: IdForm = IdForm {
    what: "criterion",
    example: "CC6.1",
    pattern: "^(CC|A|C|PI|P)[0-9]\\.[0-9]$",
    is: |t| criterion(t).is_some(),
};

pub(crate) static CROSSWALK: Form = Form::Map(&[
    must("crosswalk", Form::Map(HEAD), "How the relations are meant, and of which catalogues."),
    must("criteria", Form::Table(&Form::Id(&CRITERION), &Form::Map(ROW)), "What each criterion is related to."),
]);

static HEAD: &[Key] = &[
    must("relation", Form::Word(&["intersect", "subset", "superset"]), "How a criterion stands to each id."),
    may(
        "catalogues",
        Form::Table(&Form::Word(Framework::NAMES), &Form::Map(CATALOGUE)),
        "The catalogues and their editions.",
    ),
];

static CATALOGUE: &[Key] =
    &[must("title", Form::Text, "What the catalogue is called."), must("version", Form::Text, "Its edition.")];

static ROW: &[Key] = &[
    may("nist_800_53", Form::List(&Form::Id(&NIST)), "Controls of NIST SP 800-53 revision 5."),
    may("pci_dss", Form::List(&Form::Id(&PCI)), "Requirements of PCI DSS 4.0."),
    may("iso_27001", Form::List(&Form::Id(&ISO)), "Clauses and Annex A controls of ISO/IEC 27001:2022."),
    may("cis_controls", Form::List(&Form::Id(&CIS)), "Controls and safeguards of CIS version 8."),
    may("nist_csf", Form::List(&Form::Id(&CSF)), "Subcategories of the NIST CSF 2.0."),
    may("compared", Form::Flag, "Whether the row was compared with a second source."),
];

static BUILT_IN: LazyLock<Crosswalk> = LazyLock::new(|| {
    // A test holds that the embedded file is right.
    Crosswalk::parse(FileId(0), include_str!("../../../controls/mappings/crosswalk.yaml")).0
});

impl Crosswalk {
    /// The one that is shipped.
    #[must_use]
    pub fn built_in() -> &'static Crosswalk {
        &BUILT_IN
    }

    /// Reads a file.
    #[must_use]
    pub fn parse(file: FileId, text: &str) -> (Self, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut out = Self::default();
        let Some(root) = view::read(file, text, &CROSSWALK, &mut problems) else { return (out, problems) };
        let root = View::of(&root);
        out.relation = root.map("crosswalk").and_then(|h| Relation::parse(&h.text("relation")?));
        for (id, node) in root.map("criteria").map(View::entries).unwrap_or_default() {
            let Some(criterion) = criterion(&id.text) else { continue };
            let view = View::of(node);
            let ids = Framework::ALL.into_iter().map(|f| (f, view.texts(f.name())));
            out.rows.push((criterion, ids.filter(|(_, ids)| !ids.is_empty()).collect()));
        }
        (out, problems)
    }

    /// Ids of a catalogue related to a criterion.
    #[must_use]
    pub fn related(&self, criterion: &Criterion, framework: Framework) -> &[String] {
        let row = self.rows.iter().find(|(c, _)| *c == criterion);
        row.and_then(|(_, ids)| ids.get(&framework)).map_or(&[], Vec::as_slice)
    }

    /// The catalogue's view: each of its ids that is related to a criterion, with those criteria; ids in their own order.
    #[must_use]
    pub fn view(&self, framework: Framework) -> Vec<(&str, Vec<&'static Criterion>)> {
        let mut by_id: BTreeMap<Vec<IdPart<'_>>, (&str, Vec<&'static Criterion>)> = BTreeMap::new();
        for (criterion, ids) in &self.rows {
            for id in ids.get(&framework).into_iter().flatten() {
                by_id.entry(parts(id)).or_insert((id, Vec::new())).1.push(criterion);
            }
        }
        by_id.into_values().collect()
    }
}

/// A part of an id: numbers are put in order as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IdPart<'t> {
    Word(&'t str),
    Number(u32),
}

/// `AC-6(9)` as AC, 6, 9: the order of catalogues.
pub(crate) fn parts(id: &str) -> Vec<IdPart<'_>> {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    words.map(|p| p.parse().map_or(IdPart::Word(p), IdPart::Number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_right_and_covers_what_rules_serve() {
        let (walk, problems) = Crosswalk::parse(FileId(0), include_str!("../../../controls/mappings/crosswalk.yaml"));
        assert_eq!(problems, []);
        assert_eq!(walk.relation, Some(Relation::Intersect), "meeting one never proves the other");
        for id in ["CC6.1", "CC6.2", "CC6.3", "CC6.6", "CC6.7", "CC6.8", "CC7.1", "CC7.2", "CC7.3", "CC8.1"] {
            for framework in Framework::ALL {
                assert!(!walk.related(criterion(id).unwrap(), framework).is_empty(), "{id} {}", framework.name());
            }
        }
    }

    #[test]
    fn a_view_has_the_ids_in_their_own_order() {
        let text = "crosswalk: {relation: intersect}\ncriteria:\n  CC6.1: {nist_800_53: [AC-10, AC-2, AC-2(12)]}\n  \
                    CC6.3: {nist_800_53: [AC-2(3), AC-2]}\n";
        let (walk, problems) = Crosswalk::parse(FileId(0), text);
        assert_eq!(problems, []);
        let view = walk.view(Framework::Nist80053);
        let ids: Vec<&str> = view.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, ["AC-2", "AC-2(3)", "AC-2(12)", "AC-10"]);
        let criteria: Vec<&str> = view[0].1.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(criteria, ["CC6.1", "CC6.3"]);
    }

    #[test]
    fn wrong_ids_and_equality_are_refused() {
        let text = "crosswalk: {relation: equal}\ncriteria:\n  CC6.1: {nist_csf: [DE.CM-9], iso_27001: [B.5.1], cis_controls: [1.2.3]}\n  CC6.9: {}\n";
        let (_, problems) = Crosswalk::parse(FileId(0), text);
        let codes: Vec<&str> = problems.iter().map(|p| p.code).collect();
        assert_eq!(codes, ["C0107", "C0105", "C0105", "C0105", "C0105"]);
    }
}
