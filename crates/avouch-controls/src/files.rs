//! Every kind of file below `controls/` and `acceptances/`: what shows its kind, how it is checked, its JSON Schema.

use avouch_diagnostics::{Diagnostic, FileId, near_names};

use crate::form::{Form, IdForm, Key, may, must};
use crate::mapping::Mapping;
use crate::names::names;
use crate::view::{self, View};
use crate::yaml::{self, Content};
use crate::{acceptance, catalogue, codes, criteria, crosswalk, list, profile, records, requests};

names! {
    /// A kind of file, named by the key that shows it.
    FileKind {
        /// A version of a control list.
        List = "list",
        /// A family table.
        Profile = "profile",
        /// Acceptances.
        Acceptances = "acceptances",
        /// Deviations.
        Deviations = "deviations",
        /// Records of evidence.
        Evidence = "evidence",
        /// The record of a population.
        Population = "population",
        /// Known checks.
        Checks = "checks",
        /// Known populations.
        Populations = "populations",
        /// Criteria and other catalogues.
        Crosswalk = "crosswalk",
        /// Criteria by rule name.
        Mapping = "rules",
        /// Criteria of a framework.
        Criteria = "criteria",
        /// Points of focus of a framework.
        Points = "points_of_focus",
        /// A framework.
        Framework = "framework",
        /// What an auditor asks for.
        Requests = "requests",
    }
}

static FRAMEWORK: Form = Form::Map(&[must("framework", Form::Map(FRAMEWORK_KEYS), "What the framework is.")]);

static FRAMEWORK_KEYS: &[Key] = &[
    must("id", Form::Text, "Id of the framework."),
    must("title", Form::Text, "What it is called."),
    must("version", Form::Text, "Its edition."),
    must("source", Form::Text, "Who publishes it."),
    must("text_licence", Form::Text, "What of its text may be shown."),
];

static SCOPE: Form = Form::Word(&["full", "partial", "context", "none"]);

static CRITERIA: Form =
    Form::Map(&[must("criteria", Form::Table(&Form::Id(&CRITERION), &Form::Map(CRITERION_KEYS)), "Criteria by id.")]);

static CRITERION: IdForm = IdForm {
    what: "criterion",
    example: "CC6.1",
    pattern: "^(CC|A|C|PI|P)[0-9]\\.[0-9]$",
    is: |t| criteria::criterion(t).is_some(),
};

static CRITERION_KEYS: &[Key] = &[
    must("category", Form::Text, "Category of the criterion."),
    must("scope", SCOPE, "How far a tool that watches containers and clusters can give evidence."),
    must("title", Form::Text, "What it asks for, in words of our own."),
];

static POINTS: Form = Form::Map(&[must(
    "points_of_focus",
    Form::Table(&Form::Id(&POINT), &Form::Map(POINT_KEYS)),
    "Points of focus by id.",
)]);

static POINT: IdForm = IdForm {
    what: "point of focus",
    example: "CC6.1.pof03",
    pattern: "^(CC|A|C|PI|P)[0-9]\\.[0-9]\\.pof[0-9]{2}$",
    is: |t| criteria::point_of_focus(t).is_some(),
};

static POINT_KEYS: &[Key] = &[
    must("scope", SCOPE, "How far a tool that watches containers and clusters can give evidence."),
    must("edition", Form::Number, "The year in which it came into the standard."),
    must("title", Form::Text, "What it asks for, in words of our own."),
];

static MAPPING: Form = Form::Map(&[must(
    "rules",
    Form::Table(&Form::Text, &Form::Map(MAPPING_KEYS)),
    "Rules by name, in any letter case.",
)]);

static MAPPING_KEYS: &[Key] = &[
    may("soc2", Form::Either(&Form::List(&Form::Text), &Form::Map(SOC2)), "Criteria; a list alone names primary ones."),
    may("nist_800_53", Form::List(&Form::Text), "Controls of NIST SP 800-53 revision 5."),
    may("pci_dss", Form::List(&Form::Text), "Requirements of PCI DSS 4.0."),
    may("attack", Form::List(&Form::Text), "Techniques and tactics of MITRE ATT&CK."),
    may("reason", Form::Text, "Why, in one line."),
];

static SOC2: &[Key] = &[
    may("primary", Form::List(&Form::Text), "Criteria that a detection is evidence for first."),
    may("secondary", Form::List(&Form::Text), "Criteria that it touches."),
];

impl FileKind {
    fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().filter_map(|n| Self::parse(n))
    }

    fn form(self) -> &'static Form {
        match self {
            Self::List => &list::LIST,
            Self::Profile => &profile::PROFILE,
            Self::Acceptances => &acceptance::ACCEPTANCES,
            Self::Deviations => &records::DEVIATIONS,
            Self::Evidence => &records::EVIDENCE,
            Self::Population => &records::POPULATION,
            Self::Checks => &catalogue::CHECKS,
            Self::Populations => &catalogue::POPULATIONS,
            Self::Crosswalk => &crosswalk::CROSSWALK,
            Self::Mapping => &MAPPING,
            Self::Criteria => &CRITERIA,
            Self::Points => &POINTS,
            Self::Framework => &FRAMEWORK,
            Self::Requests => &requests::REQUESTS,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::List => "control list",
            Self::Profile => "profile",
            Self::Acceptances => "acceptances",
            Self::Deviations => "deviations",
            Self::Evidence => "records of evidence",
            Self::Population => "record of a population",
            Self::Checks => "known checks",
            Self::Populations => "known populations",
            Self::Crosswalk => "crosswalk",
            Self::Mapping => "mapping of rules",
            Self::Criteria => "criteria",
            Self::Points => "points of focus",
            Self::Framework => "framework",
            Self::Requests => "request list",
        }
    }

    /// The kind of a file by its keys; `None` when no key tells, or the file cannot be read.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let root = yaml::parse(FileId(0), text).ok()??;
        let Content::Map(entries) = &root.content else { return None };
        let has = |name: &str| entries.iter().any(|(k, _)| matches!(&k.content, Content::Text(t) if t == name));
        Self::all().find(|k| has(k.name()))
    }

    /// Name and text of the JSON Schema of each kind, as it stands in `controls/schema`. A test holds them equal.
    #[must_use]
    pub fn schemas() -> Vec<(String, String)> {
        let about = "Generated from the table that avouch checks the file by; do not edit.";
        Self::all()
            .map(|k| {
                let name = format!("{}.json", k.title().replace(' ', "-"));
                (name, crate::schema::schema(k.title(), about, k.form()))
            })
            .collect()
    }
}

/// Reports everything that is wrong in a file of any kind.
#[must_use]
pub fn check_file(file: FileId, text: &str) -> (Option<FileKind>, Vec<Diagnostic>) {
    let kind = FileKind::of(text);
    let problems = match kind {
        None => unknown(file, text),
        Some(FileKind::List) => list::ControlList::parse(file, text).1,
        Some(FileKind::Profile) => profile::Profile::parse(file, text).1,
        Some(FileKind::Acceptances) => acceptance::parse_acceptances(file, text).1,
        Some(FileKind::Deviations) => records::parse_deviations(file, text).1,
        Some(FileKind::Evidence) => records::parse_evidence(file, text).1,
        Some(FileKind::Population) => records::parse_population(file, text).1,
        Some(FileKind::Requests) => requests::RequestItem::parse(file, text).1,
        Some(FileKind::Crosswalk) => crosswalk::Crosswalk::parse(file, text).1,
        Some(FileKind::Mapping) => Mapping::default().load(file, text),
        Some(k @ (FileKind::Checks | FileKind::Populations)) => catalogue::load(file, text, k.name(), k.form()).1,
        Some(k @ (FileKind::Criteria | FileKind::Points | FileKind::Framework)) => {
            let mut problems = Vec::new();
            // Only the form counts; the values are built in.
            let _root = view::read(file, text, k.form(), &mut problems);
            problems
        }
    };
    (kind, problems)
}

fn unknown(file: FileId, text: &str) -> Vec<Diagnostic> {
    match yaml::parse(file, text) {
        Err(p) => vec![codes::NOT_YAML.at_fault(p.title).at(p.span, "here")],
        Ok(None) => Vec::new(),
        Ok(Some(root)) => {
            let keys = View::of(&root).entries();
            let place = keys.first().map_or(root.span, |(key, _)| key.span);
            let problem =
                codes::UNKNOWN_FILE.at_fault("the file is of no kind that is known").at(place, "no such kind");
            let near = keys.first().and_then(|(k, _)| near_names(&k.text, FileKind::NAMES.iter().copied(), 1).pop());
            vec![match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help(format!("its first key is one of: {}", FileKind::NAMES.join(", "))),
            }]
        }
    }
}
