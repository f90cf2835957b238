//! What a file requires: the version of the language, plugins.

use std::rc::Rc;

use super::{Context, Reader};
use crate::codes;
use crate::items::{PluginVersion, RequiredPlugin, parse_version, satisfies};
use crate::problems::Phase;
use crate::yaml::Node;

impl Reader<'_> {
    pub(super) fn engine_version(&mut self, item: &Rc<Node>, mut context: Context) {
        context.kind = "required_engine_version";
        self.unknown_keys(item, &["required_engine_version"], &context, true);
        let Some(value) = self.required(item, "required_engine_version", &context) else { return };
        let text = value.text().unwrap_or_default();
        let have = self.collector.engine_version;
        // A whole number is the old form; it says the minor version.
        let required = match text.parse::<u32>() {
            Ok(minor) => Some((0, minor, have.2)),
            Err(_) => parse_version(text),
        };
        let Some(required) = required else {
            let d = codes::BAD_VERSION
                .at_fault(format!("`{text}` is no version"))
                .at(value.span, "expected `x.y.z` or a whole number")
                .falco_message(format!(
                    "Unable to parse engine version '{text}' as a semver string. Expected \"x.y.z\" semver format."
                ));
            self.fail(&context, d);
            return;
        };
        if !satisfies(have, required) {
            let show = |v: (u32, u32, u32)| format!("{}.{}.{}", v.0, v.1, v.2);
            let d = codes::ENGINE_TOO_OLD
                .at_fault(format!("file needs engine version {}, this is {}", show(required), show(have)))
                .at(value.span, "required here");
            self.fail(&context, d);
        }
        let highest = &mut self.collector.required_engine;
        *highest = Some(highest.map_or(required, |h| h.max(required)));
    }

    pub(super) fn plugin_versions(&mut self, item: &Rc<Node>, mut context: Context) {
        context.kind = "required_plugin_versions";
        self.unknown_keys(item, &["required_plugin_versions"], &context, true);
        let Some(value) = item.get("required_plugin_versions") else { return };
        let Some(entries) = value.items() else {
            let d = codes::BAD_VALUE.at_fault("`required_plugin_versions` must be a list");
            self.fail(&context, d.at(context.span, "this is not a list"));
            return;
        };
        for entry in entries {
            let place = Context { kind: "required plugin versions entry", name: String::new(), span: entry.span };
            self.unknown_keys(entry, &["name", "version", "alternatives"], &place, false);
            let Some(first) = self.plugin(entry, &place) else { continue };
            let mut any_of = vec![first];
            let mut sound = true;
            if let Some(alternatives) = entry.get("alternatives") {
                let Some(all) = alternatives.items() else {
                    let d = codes::BAD_VALUE.at_fault("`alternatives` must be a list");
                    self.fail(&place, d.at(alternatives.span, "this is not a list"));
                    continue;
                };
                for other in all {
                    let place =
                        Context { kind: "required plugin versions alternative", span: other.span, ..place.clone() };
                    self.unknown_keys(other, &["name", "version"], &place, false);
                    match self.plugin(other, &place) {
                        Some(p) if any_of.iter().any(|o| o.name == p.name) => {
                            let d = codes::BAD_PLUGIN
                                .at_fault(format!("plugin `{}` is named twice in one requirement", p.name))
                                .at(other.span, "named again here");
                            self.fail(&place, d);
                            sound = false;
                        }
                        Some(p) => any_of.push(p),
                        None => sound = false,
                    }
                }
            }
            if sound {
                self.collector.required_plugins.push(RequiredPlugin { any_of, span: entry.span });
            }
        }
    }

    fn plugin(&mut self, node: &Rc<Node>, context: &Context) -> Option<PluginVersion> {
        if node.entries().is_none() {
            let d = codes::BAD_VALUE.at_fault("a plugin requirement must be a mapping");
            self.fail(context, d.at(node.span, "needs `name` and `version`"));
            return None;
        }
        let name = self.required(node, "name", context)?.text()?.to_owned();
        let context = Context { name: name.clone(), ..context.clone() };
        let version = self.required(node, "version", &context)?;
        let text = version.text()?;
        let Some(parsed) = parse_version(text) else {
            let d = codes::BAD_PLUGIN.at_fault(format!("`{text}` is no version"));
            self.fail(&context, d.at(version.span, "expected `x.y.z`"));
            return None;
        };
        Some(PluginVersion { name, version: parsed })
    }

    /// Holds the plugins that files ask for against those that are there. The first one of an entry that is there by
    /// name decides, even if a later alternative would do.
    pub(crate) fn check_plugins(&mut self, have: &[(&str, &str)]) {
        for required in &self.collector.required_plugins {
            let found = required.any_of.iter().find_map(|r| have.iter().find(|(n, _)| *n == r.name).map(|h| (r, h.1)));
            let show = |p: &PluginVersion| format!("`{}` {}.{}.{}", p.name, p.version.0, p.version.1, p.version.2);
            let title = match found {
                Some((r, version)) if parse_version(version).is_some_and(|v| satisfies(v, r.version)) => continue,
                Some((r, version)) => format!("file needs plugin {}, here is {version}", show(r)),
                None => {
                    let all: Vec<String> = required.any_of.iter().map(show).collect();
                    format!("file needs plugin {}, none is here", all.join(" or "))
                }
            };
            let name = required.any_of.first().map(|p| p.name.clone()).unwrap_or_default();
            let d = codes::PLUGIN_MISSING
                .at_fault(title)
                .at(required.span, "required here")
                .item("required plugin versions entry", name);
            self.problems.add(self.file, Phase::Plugins, d);
        }
    }
}
