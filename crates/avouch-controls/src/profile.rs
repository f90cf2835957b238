//! Profiles: how many controls a report counts in each family of criteria.

use avouch_diagnostics::{Diagnostic, FileId};

use crate::codes;
use crate::form::{Form, IdForm, Key, OWN_ID, may, must};
use crate::names::names;
use crate::view::{self, View};

names! {
    /// What the numbers of a profile count.
    Counts {
        /// Points of focus of the criteria.
        PointsOfFocus = "points-of-focus",
        /// Controls of an entity.
        Controls = "controls",
        /// Criteria.
        Criteria = "criteria",
    }
}

/// The family table of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `article-example`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Where its numbers come from.
    pub source: String,
    /// What they count.
    pub counts: Counts,
    /// Edition of the points of focus that they count, when they count those.
    pub edition: Option<u16>,
    /// The families, in the order of the file.
    pub families: Vec<ProfileFamily>,
}

/// One family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFamily {
    /// `CC6`.
    pub family: String,
    /// How many there are.
    pub controls: u32,
    /// How many of them a tool that watches containers and Kubernetes can serve.
    pub relevant: u32,
}

static FAMILY_ID: IdForm = IdForm {
    what: "family of criteria",
    example: "CC6",
    pattern: "^(CC[1-9]|A1|C1|PI1|P[1-8])$",
    is: |t| crate::criteria::all_criteria().iter().any(|c| c.family() == t),
};

pub(crate) static PROFILE: Form = Form::Map(&[
    must("profile", Form::Map(HEAD), "What the profile is."),
    must("families", Form::Table(&Form::Id(&FAMILY_ID), &Form::Map(FAMILY)), "Families of criteria."),
]);

static HEAD: &[Key] = &[
    must("id", Form::Id(&OWN_ID), "Id of the profile."),
    must("title", Form::Text, "What it is called."),
    may("source", Form::Text, "Where its numbers come from."),
    must("counts", Form::Word(Counts::NAMES), "What its numbers count."),
    may("edition", Form::Number, "Edition (year) of the points of focus that they count."),
];

static FAMILY: &[Key] = &[
    must("controls", Form::Number, "How many there are."),
    must("relevant", Form::Number, "How many of them a tool that watches containers and Kubernetes can serve."),
];

impl Profile {
    /// The profile of that id that is built in.
    #[must_use]
    pub fn built_in(id: &str) -> Option<Self> {
        let text = match id {
            "article-example" => include_str!("../../../controls/profiles/article-example.yaml"),
            _ => return None,
        };
        Self::parse(FileId(0), text).0
    }

    /// Ids of those built in.
    pub const BUILT_IN: &'static [&'static str] = &["article-example"];

    /// Reads a file.
    #[must_use]
    pub fn parse(file: FileId, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let profile = view::read(file, text, &PROFILE, &mut problems).and_then(|r| read(View::of(&r), &mut problems));
        (profile, problems)
    }
}

fn read(root: View<'_>, problems: &mut Vec<Diagnostic>) -> Option<Profile> {
    let head = root.map("profile")?;
    let mut families = Vec::new();
    for (family, node) in root.map("families")?.entries() {
        let view = View::of(node);
        let (Some(controls), Some(relevant)) = (view.number("controls"), view.number("relevant")) else { continue };
        if relevant > controls {
            let title = format!("`{}` has {relevant} relevant of {controls}", family.text);
            problems.push(codes::BAD_NUMBER.at_fault(title).at(view.span("relevant"), "more than there are"));
            continue;
        }
        families.push(ProfileFamily { family: family.text, controls, relevant });
    }
    Some(Profile {
        id: head.text("id")?,
        title: head.or_empty("title"),
        source: head.or_empty("source"),
        counts: Counts::parse(&head.text("counts")?)?,
        edition: head.number("edition").and_then(|e| u16::try_from(e).ok()),
        families,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_article_has_its_numbers_and_shares() {
        let (profile, problems) =
            Profile::parse(FileId(0), include_str!("../../../controls/profiles/article-example.yaml"));
        assert_eq!(problems, []);
        let profile = profile.unwrap();
        let rows: Vec<(&str, u32, u32)> = profile
            .families
            .iter()
            .map(|f| (f.family.as_str(), f.controls, (f.relevant * 100).checked_div(f.controls).unwrap()))
            .collect();
        // As the article prints them: number of controls, share in per cent.
        let article = [
            ("CC1", 26, 0),
            ("CC2", 26, 0),
            ("CC3", 34, 0),
            ("CC4", 11, 0),
            ("CC5", 16, 0),
            ("CC6", 35, 60),
            ("CC7", 33, 42),
            ("CC8", 15, 0),
            ("CC9", 14, 0),
            ("A1", 15, 0),
            ("C1", 4, 0),
        ];
        assert_eq!(rows, article);
        assert_eq!((profile.counts, profile.edition), (Counts::PointsOfFocus, Some(2017)));
        assert_eq!(Profile::built_in("article-example"), Some(profile));
    }

    #[test]
    fn what_does_not_add_up_is_reported() {
        let (profile, problems) = Profile::parse(
            FileId(0),
            "profile: {id: p, title: P, counts: controls}\nfamilies:\n  CC6: {controls: 3, relevant: 4}\n  CC10: {controls: 1, relevant: 1}\n",
        );
        let codes: Vec<&str> = problems.iter().map(|p| p.code).collect();
        assert_eq!(codes, ["C0105", "C0111"]);
        assert_eq!(profile.unwrap().families.len(), 1, "the family nobody knows stays a row");
    }
}
