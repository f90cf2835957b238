//! Whole numbers that may be larger than JSON's are taken for (2^53): the ledger's canonical form writes those as texts.

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Form<'a> {
    Number(i64),
    #[serde(borrow)]
    Text(std::borrow::Cow<'a, str>),
}

impl Form<'_> {
    fn number<E: serde::de::Error>(self) -> Result<i64, E> {
        match self {
            Self::Number(n) => Ok(n),
            Self::Text(text) => text
                .parse()
                .map_err(|_| E::invalid_value(Unexpected::Str(&text), &"a whole number, or the text of one")),
        }
    }
}

pub(crate) fn serialize<S: Serializer>(n: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    n.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Form::deserialize(deserializer).map_err(D::Error::custom)?.number()
}

/// The same for a number that may be absent.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Form, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(n: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
        n.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        Option::<Form<'_>>::deserialize(deserializer)?.map(Form::number).transpose()
    }
}
