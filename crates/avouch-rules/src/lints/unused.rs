//! Macros and lists that nothing uses; lists that hide macros.

use super::file_of;
use crate::codes;
use crate::collect::Collector;
use crate::items::Text;
use crate::load::Loaded;
use crate::problems::{Phase, Problems};
use crate::read::item_problem;

pub(super) fn run(collector: &Collector, loaded: &Loaded, problems: &mut Problems) {
    for m in loaded.macros.iter().filter(|m| !m.used) {
        let name = Text { text: m.name.clone(), span: m.name_span };
        let title = format!("macro `{}` is not used", m.name);
        let d = item_problem(&codes::UNUSED_MACRO, title, "macro", &name, "no rule and no macro uses it")
            .falco_message("Macro not referred to by any other rule/macro");
        problems.add(file_of(m.name_span), Phase::Unused, d);
    }
    for l in loaded.lists.iter().filter(|l| !l.used) {
        let name = Text { text: l.name.clone(), span: l.name_span };
        let title = format!("list `{}` is not used", l.name);
        let d = item_problem(&codes::UNUSED_LIST, title, "list", &name, "no condition and no list uses it");
        problems.add(file_of(l.name_span), Phase::Unused, d);
    }
    for l in &loaded.lists {
        let Some(m) = collector.macros.get(&l.name) else { continue };
        let name = Text { text: l.name.clone(), span: m.head.name.span };
        let title = format!("macro `{}` is hidden by a list of the same name", l.name);
        let d = item_problem(&codes::NAME_CLASH, title, "macro", &name, "cannot be used in a condition");
        problems.add(file_of(l.name_span), Phase::Unused, d.context(l.name_span, "its items are put in first"));
    }
}
