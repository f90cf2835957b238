//! The period that an auditor may ask about.

use avouch_finding::Time;

/// From `from` on, up to and without `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Period {
    pub from: Time,
    pub to: Time,
}

impl Period {
    /// A period; `None` when it would hold no moment.
    #[must_use]
    pub fn new(from: Time, to: Time) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// Whether a moment lies in it.
    #[must_use]
    pub fn holds(&self, time: Time) -> bool {
        self.from <= time && time < self.to
    }
}

/// What remains of a question's period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The period that is answered.
    pub period: Period,
    /// In words, what was asked for and is not answered. An answer has to show it.
    pub cut: Option<String>,
}

/// A question lies outside of what may be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsidePeriod {
    /// No moment of it may be asked about.
    #[error("this account may ask about {} to {}, and the question lies outside of it", .0.from, .0.to)]
    Outside(Period),
    /// It ends before it begins.
    #[error("a period has to end after it begins")]
    Empty,
}

/// Cuts a question to what may be asked about.
pub(crate) fn cut(allowed: Option<Period>, from: Time, to: Time) -> Result<Limited, OutsidePeriod> {
    let asked = Period::new(from, to).ok_or(OutsidePeriod::Empty)?;
    let Some(allowed) = allowed else { return Ok(Limited { period: asked, cut: None }) };
    let period = Period::new(from.max(allowed.from), to.min(allowed.to)).ok_or(OutsidePeriod::Outside(allowed))?;
    let cut = (period != asked).then(|| {
        format!(
            "asked for {from} to {to}, answered for {} to {}: this account is limited to that",
            period.from, period.to
        )
    });
    Ok(Limited { period, cut })
}
