//! Lengths of time and addresses, as the file writes them.

use std::fmt;
use std::time::Duration;

use avouch_finding::Time;
use serde::{Deserialize, Serialize};
use ureq::http::Uri;

use crate::outside::Outside;
use crate::secret::{Secret, SecretRef};

/// A length of time: a number with `ms`, `s`, `m`, `h` or `d`; at most 366 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Length {
    ms: u64,
}

/// Units, the largest first, in ms.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Length {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(n: u32) -> Self {
        Self { ms: n as u64 * 1000 }
    }

    /// As the standard library has it.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_millis(self.ms)
    }

    /// So long after a time.
    #[must_use]
    pub fn after(self, time: Time) -> Time {
        Time(time.0.saturating_add(self.ms.saturating_mul(1_000_000)))
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.ms == 0
    }
}

impl TryFrom<String> for Length {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "a length of time is a number with `ms`, `s`, `m`, `h` or `d`: `30s`";
        let end = text.find(|c: char| !c.is_ascii_digit()).ok_or(wrong)?;
        let (number, unit) = text.split_at(end);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(wrong)?;
        let ms = number.parse::<u32>().ok().and_then(|n| u64::from(n).checked_mul(*unit)).ok_or(wrong)?;
        if ms > 366 * 86_400_000 { Err("a length of time is longer than 366 days") } else { Ok(Self { ms }) }
    }
}

impl From<Length> for String {
    fn from(length: Length) -> Self {
        length.to_string()
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = UNITS.iter().find(|(_, unit)| self.ms >= *unit && self.ms.is_multiple_of(*unit));
        let (name, unit) = fits.copied().unwrap_or(("s", 1000));
        write!(f, "{}{name}", self.ms / unit)
    }
}

/// An `http` or `https` address without user and password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

impl Link {
    /// One that is known to be right.
    pub(crate) fn fixed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Link {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "an address is `http://host[:port][/path]` or `https://...`, without user and password";
        let uri: Uri = text.parse().map_err(|_| wrong)?;
        let http = matches!(uri.scheme_str(), Some("http" | "https"));
        let plain = uri.authority().is_some_and(|a| !a.as_str().contains('@') && !a.host().is_empty());
        if http && plain { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(wrong) }
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

/// An address, or where one that is a secret stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// An address that anybody may see.
    Open(Link),
    /// One that is looked up.
    Hidden(SecretRef),
}

impl TryFrom<String> for Target {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.starts_with("env:") || text.starts_with("file:") {
            return SecretRef::try_from(text).map(Self::Hidden);
        }
        Link::try_from(text).map(Self::Open)
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        match target {
            Target::Open(link) => link.0,
            Target::Hidden(secret) => secret.to_string(),
        }
    }
}

impl Target {
    /// The address, and what of it must not be told.
    pub(crate) fn resolve(&self, outside: &dyn Outside) -> Result<(String, Vec<Secret>), String> {
        match self {
            Self::Open(link) => Ok((link.0.clone(), Vec::new())),
            Self::Hidden(at) => hidden_address(at, outside),
        }
    }
}

/// An address that is a secret as a whole: its path is, too.
pub(crate) fn hidden_address(at: &SecretRef, outside: &dyn Outside) -> Result<(String, Vec<Secret>), String> {
    let secret = outside.secret(at)?;
    let link = Link::try_from(secret.expose().to_owned()).map_err(|_| format!("secret `{at}` is no address"))?;
    let path = link.0.parse::<Uri>().ok().and_then(|uri| uri.path_and_query().map(|p| p.as_str().to_owned()));
    Ok((link.0, vec![secret, Secret::new(path.unwrap_or_default())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_they_print() {
        for text in ["250ms", "30s", "5m", "4h", "7d", "0s"] {
            assert_eq!(Length::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        assert_eq!(Length::try_from("90s".to_owned()).unwrap().after(Time(5)), Time(90_000_000_005));
        for text in ["", "s", "5", "5 m", "-1s", "1w", "5000000000s", "367d", "1.5h"] {
            assert!(Length::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_are_of_the_web_and_hold_no_password() {
        assert_eq!(Link::try_from("https://a.example/x/".to_owned()).unwrap().text(), "https://a.example/x");
        for text in ["", "a.example", "ftp://a.example", "https://u:p@a.example", "https://", "/path", "http://a b/"] {
            assert!(Link::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
