//! Sets of time: sorted stretches that do not touch.

use avouch_finding::Time;

/// From `from` to `to`, which does not belong to it. Times are ns since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Begin.
    pub from: Time,
    /// End.
    pub to: Time,
}

impl Span {
    /// A span; empty when it would end before it begins.
    #[must_use]
    pub fn new(from: Time, to: Time) -> Self {
        Self { from, to: to.max(from) }
    }

    /// Its length in ns.
    #[must_use]
    pub fn ns(self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.ns() == 0
    }

    /// What both have; empty when they have nothing.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }
}

/// A set of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// All of these, in any order, overlapping or not.
    #[must_use]
    pub fn new(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut all: Vec<Span> = spans.into_iter().filter(|s| !s.is_empty()).collect();
        all.sort_unstable();
        let mut out: Vec<Span> = Vec::with_capacity(all.len());
        for span in all {
            match out.last_mut() {
                Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
                _ => out.push(span),
            }
        }
        Self(out)
    }

    /// The stretches, in order.
    pub fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.0.iter().copied()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of stretches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Its length in ns. A sum over many nodes may exceed a `u64`, so callers add up `u128`.
    #[must_use]
    pub fn ns(&self) -> u64 {
        self.0.iter().map(|s| s.ns()).sum()
    }

    /// What is in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self::new(self.iter().chain(other.iter()))
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let both = x.and(**y);
            if !both.is_empty() {
                out.push(both);
            }
            if x.to <= y.to {
                a.next()
            } else {
                b.next()
            };
        }
        Self(out)
    }

    /// What is in this and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let mut cuts = other.0.iter().peekable();
        for span in &self.0 {
            let mut from = span.from;
            while let Some(cut) = cuts.peek() {
                if cut.to <= from {
                    cuts.next();
                    continue;
                }
                if cut.from >= span.to {
                    break;
                }
                if cut.from > from {
                    out.push(Span::new(from, cut.from));
                }
                from = cut.to;
                if cut.to >= span.to {
                    break;
                }
                cuts.next();
            }
            if from < span.to {
                out.push(Span::new(from, span.to));
            }
        }
        Self(out)
    }

    /// How much of it is in `span`, in ns.
    #[must_use]
    pub fn ns_within(&self, span: Span) -> u64 {
        let first = self.0.partition_point(|s| s.to <= span.from);
        let rest = self.0.get(first..).unwrap_or_default().iter();
        rest.take_while(|s| s.from < span.to).map(|s| s.and(span).ns()).sum()
    }

    /// What of it is in `span`.
    #[must_use]
    pub fn within(&self, span: Span) -> Self {
        let first = self.0.partition_point(|s| s.to <= span.from);
        let rest = self.0.get(first..).unwrap_or_default().iter();
        Self(rest.take_while(|s| s.from < span.to).map(|s| s.and(span)).filter(|s| !s.is_empty()).collect())
    }
}

impl From<Span> for Spans {
    fn from(span: Span) -> Self {
        Self::new([span])
    }
}
