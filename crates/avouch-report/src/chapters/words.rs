//! Numbers, times and lengths of time in words: the same everywhere in the report.

use avouch_coverage::Span;
use avouch_finding::Time;

const SECOND: u128 = 1_000_000_000;
const MINUTE: u128 = 60 * SECOND;
const HOUR: u128 = 60 * MINUTE;
const DAY: u128 = 24 * HOUR;

/// RFC 3339, UTC, to the second, with a space between date and time (5.6 of the RFC allows it), so that narrow columns wrap
/// there: `2026-07-01 00:00:00Z`. What is smaller than a second is cut.
pub(super) fn time(time: Time) -> String {
    exact(time).replacen('T', " ", 1)
}

/// The same with the `T` that commands take.
pub(super) fn exact(time: Time) -> String {
    let text = time.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

/// The day alone at midnight, which is how most periods begin and end.
pub(super) fn day_or_time(at: Time) -> String {
    let text = time(at);
    text.strip_suffix(" 00:00:00Z").map_or_else(|| text.clone(), str::to_owned)
}

/// `A to B`, the end not included; one time where nothing is between.
pub(super) fn span(span: Span) -> String {
    if span.is_empty() { time(span.from) } else { format!("{} to {}", time(span.from), time(span.to)) }
}

/// A length of time in its two greatest units: `2 h 13 min`.
pub(crate) fn duration(ns: u128) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1_000_000, "ms")];
    let Some(n) = units.iter().position(|(size, _)| ns >= *size) else {
        return if ns == 0 { "0 s".to_owned() } else { "less than 1 ms".to_owned() };
    };
    let mut out = String::new();
    let mut rest = ns;
    for (size, name) in units.iter().skip(n).take(2) {
        // Seconds and less are told by one unit.
        if !out.is_empty() && (rest < *size || *size < SECOND) {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&format!("{} {name}", rest / size));
        rest %= size;
    }
    out
}

/// `duration` of a length that may be missing.
pub(super) fn optional_duration(ns: Option<u64>) -> String {
    ns.map_or_else(|| "-".to_owned(), |ns| duration(u128::from(ns)))
}

/// A number with its thousands set apart: `12,345`.
pub(super) fn count(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 gap`, `17 gaps`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// The number of things in a list.
pub(super) fn len(of: usize) -> u64 {
    of as u64
}

/// A share rounded down to two decimals: 99.999 % is not 100 %. Without a whole there is no share.
pub(super) fn percent_down(part: u128, whole: u128) -> String {
    percent(part, whole, 0)
}

/// A share rounded up: what failed or is not known never rounds to nothing.
pub(super) fn percent_up(part: u128, whole: u128) -> String {
    percent(part, whole, whole.saturating_sub(1))
}

/// A share that is neither good nor bad: what is there is not shown as nothing.
pub(super) fn share(part: u64, whole: u64) -> String {
    match percent_down(part.into(), whole.into()) {
        nothing if part > 0 && nothing == "0.00 %" => "under 0.01 %".to_owned(),
        share => share,
    }
}

fn percent(part: u128, whole: u128, add: u128) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let hundredths = (part.saturating_mul(10_000).saturating_add(add)) / whole;
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Hours with one decimal, rounded down: `2,160`, `71.8`.
pub(super) fn hours(ns: u128) -> String {
    let tenths = ns / (HOUR / 10);
    if tenths.is_multiple_of(10) { count(tenths / 10) } else { format!("{}.{}", count(tenths / 10), tenths % 10) }
}

/// The first hex digits of a digest, enough to recognise it; the whole stands in the bundle.
pub(super) fn short(digest: &str) -> String {
    let mut text: String = digest.chars().take(16).collect();
    if text.len() < digest.len() {
        text.push('…');
    }
    text
}

/// The text, or a dash where there is none.
pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// Names after each other; a dash where there are none.
pub(super) fn join<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = names.into_iter().map(|n| n.as_ref().to_owned()).collect();
    or_dash(&all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_what_was_watched_are_rounded_down_and_losses_up() {
        assert_eq!(percent_down(99_999, 100_000), "99.99 %");
        assert_eq!(percent_down(1, 1), "100.00 %");
        assert_eq!(percent_up(1, 10_000_000), "0.01 %");
        assert_eq!((percent_up(0, 7), percent_down(0, 0)), ("0.00 %".to_owned(), "-".to_owned()));
        assert_eq!(
            (share(0, 7), share(1, 1_000_000), share(1, 8)),
            ("0.00 %".into(), "under 0.01 %".into(), "12.50 %".into())
        );
    }

    #[test]
    fn lengths_of_time_have_two_units() {
        let of = |ns| duration(ns);
        assert_eq!(of(2 * HOUR + 13 * MINUTE + 5 * SECOND), "2 h 13 min");
        assert_eq!(
            (of(3 * DAY), of(DAY + 5 * MINUTE), of(10 * MINUTE + SECOND)),
            ("3 d".into(), "1 d".into(), "10 min 1 s".into())
        );
        assert_eq!(
            (of(1_500_000_000), of(2_000_000), of(5), of(0)),
            ("1 s".into(), "2 ms".into(), "less than 1 ms".into(), "0 s".into())
        );
    }

    #[test]
    fn times_are_to_the_second() {
        assert_eq!(time(Time(1_782_864_000_999_999_999)), "2026-07-01 00:00:00Z");
        assert_eq!((hours(HOUR * 2160), hours(HOUR * 5 / 2)), ("2,160".into(), "2.5".into()));
    }
}
