//! The event sources that are not the kernel: their names, the plugins that stand for them in Falco, and how to tell
//! what a file holds.

use avouch_event::{Event, types};

/// Plugins of Falco whose fields are known here, with the version that `required_plugin_versions` is compared with. The
/// cloud flavours of `k8saudit` emit the same source with the same fields.
pub const PLUGINS: &[(&str, &str)] = &[
    ("k8saudit", "0.18.0"),
    ("k8saudit-aks", "0.6.0"),
    ("k8saudit-eks", "0.12.0"),
    ("k8saudit-gke", "0.12.0"),
    ("k8saudit-ovh", "0.9.0"),
    ("cloudtrail", "0.16.0"),
    ("okta", "0.14.0"),
    ("github", "0.10.0"),
    ("gcpaudit", "0.8.0"),
    ("json", "0.7.0"),
];

/// A source of JSON records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Source {
    K8sAudit,
    CloudTrail,
    Okta,
    Github,
    GcpAudit,
}

impl Source {
    /// All, those that avouch reads first.
    pub const ALL: [Source; 5] = [Source::K8sAudit, Source::CloudTrail, Source::Okta, Source::Github, Source::GcpAudit];

    /// Name of the event source, as rules write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Source::K8sAudit => "k8s_audit",
            Source::CloudTrail => "aws_cloudtrail",
            Source::Okta => "okta",
            Source::Github => "github",
            Source::GcpAudit => "gcp_auditlog",
        }
    }

    /// Name of the plugin that emits it in Falco, as `required_plugin_versions` and `evt.pluginname` say it.
    #[must_use]
    pub fn plugin(self) -> &'static str {
        match self {
            Source::K8sAudit => "k8saudit",
            Source::CloudTrail => "cloudtrail",
            Source::Okta => "okta",
            Source::Github => "github",
            Source::GcpAudit => "gcpaudit",
        }
    }

    /// Id of that plugin: the first parameter of its events. Ids are given out once and kept for ever.
    #[must_use]
    pub fn plugin_id(self) -> u32 {
        match self {
            Source::K8sAudit => 1,
            Source::CloudTrail => 2,
            Source::Okta => 7,
            Source::Github => 8,
            Source::GcpAudit => 12,
        }
    }

    /// The source of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The source whose plugin has that id.
    #[must_use]
    pub fn from_plugin_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.plugin_id() == id)
    }

    /// The source of an event: of a record read here, or of a plugin event inside a capture. `None` for events of the
    /// kernel and of other plugins.
    #[must_use]
    pub fn of(event: &Event<'_>) -> Option<Self> {
        (event.ty == types::PLUGINEVENT_E).then(|| event.params.u32(0)).flatten().and_then(Self::from_plugin_id)
    }
}

/// What a file of records holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Kubernetes audit events, `audit.k8s.io`.
    K8sAudit,
    /// CloudTrail records.
    CloudTrail,
}

impl Format {
    /// The source its records belong to.
    #[must_use]
    pub fn source(self) -> Source {
        match self {
            Format::K8sAudit => Source::K8sAudit,
            Format::CloudTrail => Source::CloudTrail,
        }
    }
}

/// Tells from the first bytes of a file (decompressed; some kilobytes, the longest wrapper head included) what it holds:
/// JSON with the keys that records of one kind have and other documents have not.
#[must_use]
pub fn detect(head: &[u8]) -> Option<Format> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let first = head.iter().find(|b| !b.is_ascii_whitespace())?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    let find = |text: &[u8]| memchr::memmem::find(head, text);
    let k8s = find(b"\"auditID\"").or_else(|| find(b"\"EventList\"").filter(|_| find(b"\"audit.k8s.io/").is_some()));
    let cloudtrail = match (find(b"\"eventSource\""), find(b"\"eventName\"")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        // An empty file of the service.
        _ => find(b"\"Records\"").filter(|at| head.get(..*at).is_some_and(|h| h.trim_ascii() == b"{")),
    };
    match (k8s, cloudtrail) {
        (Some(k), Some(c)) => Some(if k < c { Format::K8sAudit } else { Format::CloudTrail }),
        (Some(_), None) => Some(Format::K8sAudit),
        (None, Some(_)) => Some(Format::CloudTrail),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_keys() {
        for (head, format) in [
            (r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"x"}"#, Some(Format::K8sAudit)),
            ("\u{feff} [\n{\"auditID\":", Some(Format::K8sAudit)),
            (r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[]}"#, Some(Format::K8sAudit)),
            (r#"{"Records": []}"#, Some(Format::CloudTrail)),
            (r#"[{"eventVersion":"1.08","eventSource":"s3","eventName":"x"}]"#, Some(Format::CloudTrail)),
            // A trail entry whose request holds an audit record's key is still CloudTrail.
            (r#"{"eventSource":"s3","eventName":"x","a":{"auditID":1}}"#, Some(Format::CloudTrail)),
            (r#"{"kind":"EventList","apiVersion":"events.k8s.io/v1","items":[]}"#, None),
            (r#"{"kind":"PodList","items":[]}"#, None),
            ("I1123 auditID eventSource eventName", None),
            ("", None),
        ] {
            assert_eq!(detect(head.as_bytes()), format, "{head}");
        }
    }

    #[test]
    fn sources_have_one_name_and_id() {
        for source in Source::ALL {
            assert_eq!(Source::from_name(source.name()), Some(source));
            assert_eq!(Source::from_plugin_id(source.plugin_id()), Some(source));
            assert!(PLUGINS.iter().any(|(name, _)| *name == source.plugin()));
        }
    }
}
