//! The objects of OCSF that are written, borrowed from what they tell of. Names are OCSF's.

use avouch_finding::Time;
use serde::Serialize;
use serde_json::value::RawValue;

use super::VERSION;

/// What OCSF's base event has, for both classes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Base<'a> {
    pub(super) metadata: Metadata<'a>,
    /// ms since the epoch, as all times here.
    pub(super) time: u64,
    pub(super) category_uid: u32,
    pub(super) class_uid: u32,
    pub(super) activity_id: u32,
    pub(super) type_uid: u32,
    pub(super) severity_id: u8,
    pub(super) severity: &'static str,
    pub(super) status_id: u8,
    pub(super) status: &'static str,
    pub(super) message: &'a str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Metadata<'a> {
    pub(super) version: &'static str,
    pub(super) product: ProductObject<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) log_name: &'a str,
    pub(super) uid: &'a str,
    /// The time with all of its digits.
    pub(super) original_time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logged_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sequence: Option<u64>,
}

impl<'a> Metadata<'a> {
    pub(super) fn new(product_version: &'a str, uid: &'a str, original_time: Time) -> Self {
        Self {
            version: VERSION,
            product: ProductObject { name: "avouch", vendor_name: "avouch", version: product_version },
            log_name: "",
            uid,
            original_time,
            logged_time: None,
            sequence: None,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ProductObject<'a> {
    pub(super) name: &'static str,
    pub(super) vendor_name: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) version: &'a str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct FindingInfo<'a> {
    pub(super) uid: &'a str,
    pub(super) title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) desc: &'a str,
    pub(super) created_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) modified_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) analytic: Option<Analytic<'a>>,
    /// A list of [`Attack`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attacks: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_sources: Option<[&'a str; 1]>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Analytic<'a> {
    pub(super) type_id: u8,
    pub(super) name: &'a str,
}

/// A tactic, a technique or a part of one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Attack<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tactic: Option<Uid<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) technique: Option<Uid<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub_technique: Option<Uid<'a>>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Uid<'a> {
    pub(super) uid: &'a str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Name<'a> {
    pub(super) name: &'a str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Evidence<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) actor: Option<Actor<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) container: Option<Name<'a>>,
    pub(super) device: Device<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<File<'a>>,
    #[serde(skip_serializing_if = "Seen::is_empty")]
    pub(super) data: Seen<'a>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Actor<'a> {
    pub(super) user: Name<'a>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Device<'a> {
    /// 0: OCSF's types of devices do not tell a node from an account.
    pub(super) type_id: u8,
    pub(super) hostname: &'a str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    pub(super) type_id: u8,
}

/// Evidence without a place of its own. OCSF's `process` asks for a pid or another identity of the process and its `image` for
/// the image's id; a stored finding has neither.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Seen<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) process: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) cmd_line: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) image: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) object: &'a str,
}

impl Seen<'_> {
    pub(super) fn is_empty(&self) -> bool {
        [self.process, self.cmd_line, self.image, self.object].iter().all(|t| t.is_empty())
    }
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ResourceDetails<'a> {
    pub(super) name: &'a str,
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) namespace: &'a str,
}

/// A value to search by, and where it stands.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Observable<'a> {
    pub(super) name: &'static str,
    pub(super) type_id: u8,
    pub(super) value: &'a str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Compliance<'a> {
    pub(super) standards: Vec<&'static str>,
    pub(super) control: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requirements: Vec<&'a str>,
    pub(super) status_id: u8,
    pub(super) status: &'static str,
    pub(super) status_detail: &'a str,
}
