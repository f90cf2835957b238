//! Filters as the URL has them: the same parameters for every question, and in the console's own address.
//!
//! `from` and `to` are RFC 3339 times or days, `q` is free text, and each column takes values to have (`severity=high`,
//! repeated for any of several) or not to have (`not.severity=low`). A parameter that is not known is refused: an answer to another
//! question than the one asked would look like an answer.

use std::fmt::Write as _;

use avouch_finding::Time;
use avouch_store::{Column, Filter, Period};

use crate::error::{ApiError, ApiResult};

/// Parameters at most.
const MOST: usize = 256;
/// Bytes of a value at most.
const LONGEST: usize = 4_096;

/// The parameters of a question, apart from those of the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// Name and value, in the order of the URL.
    rest: Vec<(String, String)>,
    /// The filter.
    pub filter: Filter,
    /// Why less is answered than was asked for.
    pub cut: Option<String>,
}

impl Params {
    /// Reads the query part of a URL; `own` names the parameters that the question has beside the filter.
    ///
    /// # Errors
    /// 400 for a parameter that is not known, with the nearest known name; for a value that cannot be read, or too many.
    pub fn read(query: Option<&str>, own: &[&str]) -> ApiResult<Self> {
        let mut out = Self::default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query.unwrap_or_default())
            .map_err(|_| ApiError::bad("bad_query", "the query of the URL cannot be read"))?;
        if pairs.len() > MOST {
            return Err(ApiError::bad("bad_query", format!("{} parameters; at most {MOST} are read", pairs.len())));
        }
        let (mut from, mut to) = (None, None);
        for (name, value) in pairs {
            if value.len() > LONGEST {
                return Err(ApiError::bad("bad_filter", format!("`{name}` is longer than {LONGEST} bytes")).param(name));
            }
            if own.contains(&name.as_str()) {
                out.rest.push((name, value));
                continue;
            }
            match name.as_str() {
                "from" => from = Some(time("from", &value)?),
                "to" => to = Some(time("to", &value)?),
                "q" => out.filter.text = value,
                _ => {
                    let (except, column) = match name.strip_prefix("not.") {
                        Some(column) => (true, column),
                        None => (false, name.as_str()),
                    };
                    let column = Column::parse(column).ok_or_else(|| unknown(&name, own))?;
                    let by = if except { &mut out.filter.except } else { &mut out.filter.only };
                    by.entry(column).or_default().insert(value);
                }
            }
        }
        let period = Period::new(from.unwrap_or(Time(0)), to.unwrap_or(Time(u64::MAX)));
        if period.from >= period.to {
            return Err(ApiError::bad("bad_filter", "`from` is not before `to`").param("from"));
        }
        out.filter.period = period;
        Ok(out)
    }

    /// Refuses a filter, for a question that knows a period alone.
    ///
    /// # Errors
    /// 400 when a column or words are asked for.
    pub fn no_filter(&self) -> ApiResult<()> {
        let (only, except) = (self.filter.only.keys().next(), self.filter.except.keys().next());
        let column = only.or(except).map(|column| column.name());
        match column.or((!self.filter.text.is_empty()).then_some("q")) {
            Some(name) => {
                Err(ApiError::bad("unknown_parameter", format!("`{name}` is no parameter of this question"))
                    .param(name))
            }
            None => Ok(()),
        }
    }

    /// The last value of an own parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.rest.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All values of an own parameter, each as it is.
    pub fn each(&self, name: &str) -> impl Iterator<Item = &str> {
        self.rest.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All values of an own parameter, also those between commas.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        let values = self.rest.iter().filter(|(n, _)| n == name);
        values.flat_map(|(_, v)| v.split(',')).filter(|v| !v.is_empty()).collect()
    }

    /// A whole number within bounds.
    ///
    /// # Errors
    /// 400 when it is none, or out of bounds.
    pub fn number(&self, name: &'static str, default: u64, bounds: std::ops::RangeInclusive<u64>) -> ApiResult<u64> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let (low, high) = (bounds.start(), bounds.end());
        text.parse().ok().filter(|n| bounds.contains(n)).ok_or_else(|| {
            ApiError::bad("bad_filter", format!("`{name}` has to be a number from {low} to {high}")).param(name)
        })
    }

    /// Columns that a parameter names, each once.
    ///
    /// # Errors
    /// 400 for a name that is none.
    pub fn columns(&self, name: &'static str) -> ApiResult<Vec<Column>> {
        let column = |text: &str| Column::parse(text).ok_or_else(|| unknown(text, &[]).param(name));
        let mut columns = Vec::new();
        for text in self.all(name) {
            let column = column(text)?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns)
    }
}

/// The filter, written so that equal filters are equal texts.
#[must_use]
pub(crate) fn canonical<C: std::fmt::Display>(filter: &Filter<C>) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    if filter.period.from != Period::ALL.from {
        out.append_pair("from", &filter.period.from.to_string());
    }
    if filter.period.to != Period::ALL.to {
        out.append_pair("to", &filter.period.to.to_string());
    }
    if !filter.text.is_empty() {
        out.append_pair("q", &filter.text);
    }
    let mut name = String::new();
    for (prefix, by) in [("", &filter.only), ("not.", &filter.except)] {
        for (column, values) in by {
            name.clear();
            write!(name, "{prefix}{column}").unwrap_or(());
            for value in values {
                out.append_pair(&name, value);
            }
        }
    }
    out.finish()
}

/// A day or a time.
///
/// # Errors
/// 400 when it is neither.
pub(crate) fn time(name: &'static str, text: &str) -> ApiResult<Time> {
    avouch_controls::Time::parse(text).map(|t| Time(t.0)).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        ApiError::bad("bad_filter", format!("`{shown}` is no time"))
            .param(name)
            .hint("write 2026-07-01 or 2026-07-01T08:00:00Z")
    })
}

/// A name that is no parameter.
fn unknown(name: &str, own: &[&str]) -> ApiError {
    let shown: String = name.chars().take(40).collect();
    let bare = name.strip_prefix("not.").unwrap_or(name);
    let names = Column::ALL.iter().map(|c| c.name()).chain(["from", "to", "q"]).chain(own.iter().copied());
    let nearest = names.map(|n| (strsim::damerau_levenshtein(n, bare), n)).min().filter(|(far, _)| *far <= 3);
    let error = ApiError::bad("unknown_parameter", format!("`{shown}` is no column or parameter")).param(shown);
    match nearest {
        Some((_, nearest)) => error.hint(format!("did you mean `{nearest}`?")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_back_from_its_canonical_text() {
        let query = "severity=high&severity=critical&not.namespace=kube-system&q=%2Fetc%2Fshadow+x&from=2026-11-01&to=2026-11-02T00:00:00Z&limit=5";
        let params = Params::read(Some(query), &["limit"]).unwrap();
        assert_eq!(params.get("limit"), Some("5"));
        assert_eq!(params.filter.only[&Column::Severity].len(), 2);
        assert_eq!(params.filter.text, "/etc/shadow x");
        let text = canonical(&params.filter);
        assert_eq!(Params::read(Some(&text), &[]).unwrap().filter, params.filter);
    }

    #[test]
    fn what_is_not_known_is_refused_with_the_nearest_name() {
        let error = Params::read(Some("severty=high"), &[]).unwrap_err();
        assert_eq!(error.status(), 400);
        assert!(format!("{error:?}").contains("did you mean `severity`?"), "{error:?}");
        for query in ["from=yesterday", "from=2026-11-02&to=2026-11-01", "%ff=1&not.=2", "limit=3"] {
            assert_eq!(Params::read(Some(query), &[]).unwrap_err().status(), 400, "{query}");
        }
        let long = format!("q={}", "x".repeat(LONGEST + 1));
        assert!(Params::read(Some(&long), &[]).is_err());
    }
}
