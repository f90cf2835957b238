//! The questions: families of paths, the `n`th path of each another one, so that nobody is told an answer of before.

use std::collections::BTreeMap;

use avouch_finding::Time;
use avouch_store::Column;

use crate::caller::Caller;
use crate::data;
use crate::facts::{self, DAY, DAYS, FROM};

/// What the pages of findings show beside the list.
const FACETS: &str = "severity,rule,node,cluster,namespace,user,process,image,source,criterion,decision,acknowledged";
/// Histogram of the whole period by day.
const WHOLE: &str = "step=86400&from=2026-01-01&to=2026-04-01";

/// A family of questions, and how many of its members are asked.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) path: Box<dyn Fn(u64) -> String + Sync>,
    pub(crate) times: usize,
    /// Only the first byte counts.
    pub(crate) first_byte: bool,
}

fn family(name: &'static str, times: usize, path: impl Fn(u64) -> String + Sync + 'static) -> Family {
    Family { name, path: Box::new(path), times, first_byte: false }
}

/// Values of every column, some frequent, some rare.
pub(crate) struct Values(Vec<(Column, Vec<String>)>);

impl Values {
    /// Asks for them.
    pub(crate) fn of(caller: &Caller) -> Self {
        let value = |v: &serde_json::Value| v["value"].as_str().unwrap_or_default().to_owned();
        let of = |column: &Column| {
            let counts = caller.json(&format!("/findings/counts?facet={column}&values=200"));
            let values: Vec<String> =
                counts["facets"][0]["values"].as_array().into_iter().flatten().map(value).collect();
            assert!(!values.is_empty(), "{column} has no values");
            (*column, values)
        };
        Self(Column::ALL.iter().map(of).collect())
    }

    /// The `n`th condition: each column in turn, with one of its values.
    fn condition(&self, n: u64, not: &str) -> String {
        let (column, values) = &self.0[n as usize % self.0.len()];
        let at = (n as usize / self.0.len()) * 7 % values.len();
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.append_pair(&format!("{not}{column}"), &values[at]);
        text.finish()
    }
}

/// A cursor deep in the list: behind 200 pages of 1,000, or behind as many as there are.
fn deep(caller: &Caller) -> String {
    let mut after = String::new();
    for _ in 0..200 {
        match caller.json(&format!("/findings?limit=1000{after}"))["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    after
}

/// A day of the period.
fn day(n: u64) -> String {
    let from = FROM + n * 7 % (DAYS - 1) * DAY;
    let text = |ns: u64| Time(ns).to_string().chars().take(10).collect::<String>();
    format!("from={}&to={}", text(from), text(from + DAY))
}

/// The last `days` up to some odd moment.
fn last(days: u64, n: u64) -> String {
    let to = FROM + DAYS * DAY - n * 61_000_000_000 - 1;
    format!("from={}&to={}", Time(to - days * DAY), Time(to))
}

/// All families.
pub(crate) fn families(caller: &Caller, values: Values) -> Vec<Family> {
    let values = std::sync::Arc::new(values);
    let with = |not: &'static str, text: fn(&str) -> String| {
        let values = values.clone();
        move |n: u64| text(&values.condition(n, not))
    };
    let several = values.clone();
    let columns = Column::ALL.iter().map(|c| c.name()).collect::<Vec<_>>().join(",");
    let control = caller.json("/controls?from=2026-01-01&to=2026-04-01")["criteria"][0]["controls"][0]["id"].clone();
    let control = control.as_str().expect("a control").to_owned();
    let after = deep(caller);
    let of = data::findings();
    let ids: BTreeMap<u64, String> = (0..40).map(|n| (n, facts::finding((n * 24_989 + 1) % of, of).id)).collect();
    let words = ["port+{n}+", "{n}.yaml+", "command%3Dkubectl+{n}.yaml", "nightly+{n}", "team-0{d}-api+{n}"];
    let common = ["sensitive+", "sensitive", "%2Fetc%2Fshadow+", "etc", "user%3Droot+"];
    let short = ["s", "1", "te", "17", "a", "0", "acc", "por"];
    let word = move |list: &'static [&'static str], n: u64| {
        list[n as usize % list.len()]
            .replace("{n}", &(n * 137 % 5_000).to_string())
            .replace("{d}", &(n % 10).to_string())
    };
    let words: &'static [&'static str] = Box::leak(Box::new(words));
    let common: &'static [&'static str] = Box::leak(Box::new(common));
    let short: &'static [&'static str] = Box::leak(Box::new(short));
    let mut export = family("export, first byte", 16, with("", |c| format!("/findings/export?format=csv&{c}")));
    export.first_byte = true;
    vec![
        family("list: everything", 40, |n| format!("/findings?limit={}", 100 + n % 3)),
        family("list: each column", 104, with("", |c| format!("/findings?limit=100&{c}"))),
        family("list: not, each column", 104, with("not.", |c| format!("/findings?limit=100&{c}"))),
        family("list: three columns", 104, move |n| {
            let [a, b, c] = [several.condition(n, ""), several.condition(n + 5, "not."), several.condition(n + 11, "")];
            format!("/findings?limit=100&{a}&{b}&{c}")
        }),
        family("list: a day", 40, |n| format!("/findings?limit=100&{}", day(n))),
        family("list: deep, pages of 1,000", 20, move |n| format!("/findings?limit={}{after}", 999 - n % 2)),
        family("list: rare words", 60, move |n| format!("/findings?limit=100&q={}", word(words, n))),
        family("list: words of many", 60, move |n| {
            format!("/findings?limit=100&q={}&node=node-{:02}.example.internal", word(common, n), n % 40)
        }),
        family("list: one to three letters", 64, move |n| format!("/findings?limit=100&q={}", word(short, n))),
        family(
            "counts: each column, 12 facets, by day",
            104,
            with("", |c| format!("/findings/counts?{WHOLE}&facet={FACETS}&{c}")),
        ),
        family(
            "counts: not, each column, 12 facets, by day",
            104,
            with("not.", |c| format!("/findings/counts?{WHOLE}&facet={FACETS}&{c}")),
        ),
        family("counts: a day, 12 facets, by hour", 40, |n| {
            format!("/findings/counts?step=3600&facet={FACETS}&{}", day(n))
        }),
        family("counts: 90 days, 12 facets, by day", 40, |n| {
            format!("/findings/counts?step=86400&facet={FACETS}&{}", last(90, n))
        }),
        family("counts: all 26 columns", 20, move |n| format!("/findings/counts?facet={columns}&{}", last(90, n))),
        family("counts: rare words, 12 facets, by day", 60, move |n| {
            format!("/findings/counts?{WHOLE}&facet={FACETS}&q={}", word(words, n))
        }),
        family("counts: words of many, 12 facets, by day", 60, move |n| {
            format!(
                "/findings/counts?{WHOLE}&facet={FACETS}&q={}&node=node-{:02}.example.internal",
                word(common, n),
                n % 40
            )
        }),
        family("counts: one to three letters, by day", 64, move |n| {
            format!("/findings/counts?{WHOLE}&q={}", word(short, n))
        }),
        family("histogram: 90 days by hour, gaps", 40, |_| {
            "/findings/counts?step=3600&from=2026-01-01&to=2026-04-01".to_owned()
        }),
        family("groups: rule, process, container", 30, |n| {
            format!("/findings/groups?node=node-{:02}.example.internal", n % 40)
        }),
        family("groups: rule", 30, |n| format!("/findings/groups?by=rule&{}", last(90, n))),
        family("groups: pod (300,000)", 20, |n| format!("/findings/groups?by=pod&{}", last(90, n))),
        family("groups: rule, pod, container (most alone)", 16, |n| {
            format!("/findings/groups?by=rule,pod,container&order=newest&{}", last(90, n))
        }),
        family("similar, 90 days", 40, move |n| format!("/findings/{}/similar", ids[&(n % 40)])),
        // One finding is not asked for: its page reads the ledger's record, and these findings stand in the store alone.
        export,
        family("overview: a day", 20, |n| format!("/overview?{}", last(1, n))),
        family("overview: 7 days", 20, |n| format!("/overview?{}", last(7, n))),
        family("overview: 90 days", 20, |n| format!("/overview?{}", last(90, n))),
        family("overview: 90 days, a cluster", 20, |n| format!("/overview?{}&cluster=cluster-{}", last(90, n), n % 3)),
        family("overview: 90 days, high only", 20, |n| format!("/overview?{}&severity=high", last(90, n))),
        family("controls: 90 days", 20, |n| format!("/controls?{}", last(89, n))),
        family("controls: 90 days, a cluster", 20, |n| format!("/controls?{}&cluster=cluster-{}", last(89, n), n % 3)),
        family("one control: 90 days", 20, move |n| format!("/controls/{control}?{}", last(89, n))),
        family("acceptances, hits of 90 days", 20, |n| format!("/acceptances?{}", last(90, n))),
    ]
}
