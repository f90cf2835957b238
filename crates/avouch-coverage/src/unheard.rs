//! The time before anything was known that was to be watched: nobody watched it, and silence of it says nothing.

use avouch_finding::Time;

use crate::spans::{Span, Spans};
use crate::watched::Period;

/// The begin of a period, up to the first moment at which something was to be watched; the whole of it when nothing ever was, and nothing
/// (an empty span) when something was from the begin on. `expected` is when each subject was to be watched.
///
/// A subject is expected from when it was first heard, so that the time before is in no [`crate::Coverage`]: who asks whether
/// a period was watched has to ask this, too.
#[must_use]
pub fn unheard<'s>(period: Period, expected: impl IntoIterator<Item = &'s Spans>) -> Span {
    let begins = expected.into_iter().filter_map(|spans| spans.iter().next());
    let first: Option<Time> = begins.map(|span| span.from).min();
    Span::new(period.from, first.map_or(period.to, |first| first.min(period.to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_where_the_first_of_all_was_expected() {
        let span = |from, to| Span::new(Time(from), Time(to));
        let of = |spans: &[Spans]| unheard(span(10, 20), spans);
        assert_eq!(of(&[]), span(10, 20));
        assert_eq!(of(&[Spans::default()]), span(10, 20));
        assert_eq!(of(&[span(15, 20).into(), Spans::new([span(13, 14), span(18, 19)])]), span(10, 13));
        assert!(of(&[span(15, 20).into(), span(10, 11).into()]).is_empty());
        assert_eq!(of(&[span(30, 40).into()]), span(10, 20), "one of later says nothing of it");
    }
}
