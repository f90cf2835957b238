//! Fields that are kept with every finding, whatever the output of its rule names.
//!
//! An output is written for people to read, and rarely says all that somebody asks later: which process it was, whose child, in what
//! container. Without them lists have blanks, and an acceptance for just this process cannot be tried on what was found before.

use std::sync::LazyLock;

use avouch_engine::Output;

use crate::ruleset::{SYSCALL, catalogs};

/// By source, the template of its fields.
const FIELDS: &[(&str, &str)] = &[
    (
        SYSCALL,
        "%evt.type %proc.name %proc.pname %proc.exepath %proc.cmdline %user.name %fd.name %container.id %container.name \
         %container.image.repository %k8s.ns.name %k8s.pod.name",
    ),
    (
        "k8s_audit",
        "%ka.verb %ka.user.name %ka.target.resource %ka.target.subresource %ka.target.name %ka.target.namespace %ka.sourceips \
         %ka.response.code %ka.uri.param[command]",
    ),
    ("aws_cloudtrail", "%ct.name %ct.src %ct.user %ct.user.arn %ct.region %ct.srcip %ct.error"),
];

static COMPILED: LazyLock<Vec<(&str, Output)>> = LazyLock::new(|| {
    let catalogs = catalogs();
    let compile = |(source, template): &(&'static str, &str)| {
        let (_, catalog) = catalogs.iter().find(|(name, _)| name == source)?;
        Some((*source, Output::compile(template, source, *catalog).ok()?))
    };
    FIELDS.iter().filter_map(compile).collect()
});

/// The fields of a source.
pub(crate) fn of(source: &str) -> Option<&'static Output> {
    COMPILED.iter().find(|(name, _)| *name == source).map(|(_, output)| output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_its_fields() {
        for (source, template) in FIELDS {
            let keys: Vec<String> = of(source).expect("does not compile").keys().map(str::to_owned).collect();
            assert_eq!(keys.len(), template.split('%').count() - 1, "{source}");
        }
    }
}
