//! What changed between two versions of a control list.

use std::collections::BTreeMap;

use crate::control::Control;
use crate::list::ControlList;
use crate::view::Placed;

/// One difference. Texts are as a person reads them, lists joined by `, `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A control that only the later version has.
    Added {
        /// Id of the control.
        control: String,
        /// Its title.
        title: String,
    },
    /// A control that only the earlier version has.
    Removed {
        /// Id of the control.
        control: String,
        /// Its title.
        title: String,
    },
    /// A field of a control, or of the list itself.
    Field {
        /// Id of the control; `None` for a field of the list.
        control: Option<String>,
        /// `owner`, `evidence.rules.names`.
        field: &'static str,
        /// What the earlier version says; empty when it says nothing.
        before: String,
        /// What the later version says.
        after: String,
    },
}

/// Fields of the list first, then controls in the order of the later list; removed ones last. Ids are compared without
/// letter case.
#[must_use]
pub fn diff(before: &ControlList, after: &ControlList) -> Vec<Change> {
    let mut out = Vec::new();
    fields(None, &before.fields(), &after.fields(), &mut out);
    let by_id = |list: &'_ ControlList| -> BTreeMap<String, usize> {
        list.controls.iter().enumerate().map(|(i, c)| (c.id.to_lowercase(), i)).collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    for control in &after.controls {
        match old.get(&control.id.to_lowercase()).and_then(|i| before.controls.get(*i)) {
            Some(old) => fields(Some(&control.id), &old.fields(), &control.fields(), &mut out),
            None => out.push(Change::Added { control: control.id.clone(), title: control.title.clone() }),
        }
    }
    for control in before.controls.iter().filter(|c| !new.contains_key(&c.id.to_lowercase())) {
        out.push(Change::Removed { control: control.id.clone(), title: control.title.clone() });
    }
    out
}

type Fields = Vec<(&'static str, String)>;

fn fields(control: Option<&str>, before: &Fields, after: &Fields, out: &mut Vec<Change>) {
    for ((field, before), (_, after)) in before.iter().zip(after) {
        if before != after {
            let control = control.map(str::to_owned);
            out.push(Change::Field { control, field, before: before.clone(), after: after.clone() });
        }
    }
}

impl ControlList {
    fn fields(&self) -> Fields {
        let approved = self.approved.as_ref().map(|a| format!("{} on {}", a.by.join(", "), a.on));
        vec![
            ("id", self.id.clone()),
            ("version", self.version.to_string()),
            ("title", self.title.clone()),
            ("entity", self.entity.clone()),
            ("framework", self.framework.clone()),
            ("note", self.note.clone().unwrap_or_default()),
            ("approved", approved.unwrap_or_default()),
            ("valid", self.valid.map(|v| v.to_string()).unwrap_or_default()),
        ]
    }
}

impl Control {
    /// Everything it says, field by field, always in the same order.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let evidence = &self.evidence;
        let mut serves: Vec<String> = self.criteria.iter().map(|c| c.id.clone()).collect();
        serves.extend(self.points.iter().map(|p| p.id.clone()));
        serves.extend(self.nist_800_53.iter().map(|id| format!("nist:{id}")));
        serves.extend(self.pci_dss.iter().map(|id| format!("pci:{id}")));
        let not_covered: Vec<String> = self.not_covered.iter().map(|n| format!("{}: {}", n.what.text, n.why)).collect();
        vec![
            ("title", self.title.clone()),
            ("statement", self.statement.clone()),
            ("owner", self.owner.clone()),
            ("frequency", self.frequency.name().to_owned()),
            ("type", self.kind.name().to_owned()),
            ("nature", self.nature.name().to_owned()),
            ("satisfies", serves.join(", ")),
            ("relation", self.relation.name().to_owned()),
            ("evidence.rules.all", if evidence.rules.all { "true".to_owned() } else { String::new() }),
            ("evidence.rules.names", join(&evidence.rules.names)),
            ("evidence.rules.tags", join(&evidence.rules.tags)),
            ("evidence.rules.criteria", join(&evidence.rules.criteria)),
            ("evidence.checks", join(&evidence.checks)),
            ("evidence.populations", join(&evidence.populations)),
            ("evidence.sources", join(&evidence.sources)),
            ("not_covered", not_covered.join("; ")),
            ("targets.acknowledge", targets(&self.targets.acknowledge)),
            ("targets.resolve", targets(&self.targets.resolve)),
        ]
    }
}

fn join(list: &[Placed]) -> String {
    let texts: Vec<&str> = list.iter().map(|p| p.text.as_str()).collect();
    texts.join(", ")
}

fn targets(list: &[(crate::words::Level, u64)]) -> String {
    let text = |(level, ns): &(crate::words::Level, u64)| match ns / 60_000_000_000 {
        m if m % 1440 == 0 => format!("{} {}d", level.name(), m / 1440),
        m if m % 60 == 0 => format!("{} {}h", level.name(), m / 60),
        m => format!("{} {m}m", level.name()),
    };
    list.iter().map(text).collect::<Vec<_>>().join(", ")
}
