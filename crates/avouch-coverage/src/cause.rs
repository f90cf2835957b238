//! Why something was not watched, or not wholly: each moment of it has one reason.

use std::fmt;

use crate::spans::{Span, Spans};

/// Why something was not watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nothing at all was heard of the node in the period.
    NoAgent,
    /// Nothing was known yet that was to be watched.
    Unheard,
    /// No observation covers it; the reason where a gap was noticed.
    NotRunning(String),
    /// The source did not deliver; why.
    SourceDown(String),
    /// These rules were not running.
    RulesOff(Vec<String>),
    /// So many whole events were lost: silence says nothing, findings stay true.
    Lossy(u64),
    /// Part of what the source told did not come, or came too late, as was learned afterwards; why.
    Partial(String),
}

impl Cause {
    /// It was watched all the same: findings stay true, and silence says nothing.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        matches!(self, Self::Lossy(_) | Self::Partial(_))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAgent => f.write_str("node without agent"),
            Self::Unheard => f.write_str("nothing was watched yet: no source was ever heard before"),
            Self::NotRunning(reason) if reason.is_empty() => f.write_str("agent not running"),
            Self::NotRunning(reason) => write!(f, "agent not running: {reason}"),
            Self::SourceDown(reason) if reason.is_empty() => f.write_str("source down"),
            Self::SourceDown(reason) => write!(f, "source down: {reason}"),
            Self::RulesOff(rules) => {
                let s = if rules.len() == 1 { "rule" } else { "rules" };
                write!(f, "{s} not running: {}", rules.join(", "))
            }
            Self::Lossy(events) => write!(f, "{events} events lost"),
            Self::Partial(reason) => write!(f, "not complete: {reason}"),
        }
    }
}

/// Reasons that are known of a subject, each with the stretch that it is about. They may overlap, and reach beyond what they explain.
#[derive(Debug, Default)]
pub(crate) struct Reasons {
    /// Of what was watched in part.
    pub(crate) partly: Vec<(Span, Cause)>,
    /// What observations say of themselves.
    pub(crate) down: Vec<(Span, Cause)>,
    /// What was learned of the source afterwards.
    pub(crate) told: Vec<(Span, Cause)>,
    /// Why nobody watched.
    pub(crate) silence: Vec<(Span, Cause)>,
}

impl Reasons {
    /// Cuts both sets so that each part has its reason; the parts are the sets, no moment missing and none twice. Where `silent`,
    /// nothing was ever heard of the node.
    pub(crate) fn explain(self, lossy: &Spans, unobserved: &Spans, silent: bool) -> Vec<(Span, Cause)> {
        let mut out = Vec::new();
        cut(lossy, self.partly, &mut out);
        let mut rest = unobserved.clone();
        for reasons in [self.down, self.told] {
            rest = cut(&rest, reasons, &mut out);
        }
        let gone = if silent { Cause::NoAgent } else { Cause::NotRunning(String::new()) };
        if !silent {
            rest = cut(&rest, self.silence, &mut out);
        }
        out.extend(rest.iter().map(|span| (span, gone.clone())));
        out
    }
}

/// Gives each part of `set` the first reason that covers it, and what is left.
fn cut(set: &Spans, mut reasons: Vec<(Span, Cause)>, out: &mut Vec<(Span, Cause)>) -> Spans {
    reasons.sort_by_key(|(span, _)| *span);
    let (mut done, mut explained) = (Span::default().to, Vec::new());
    for (span, cause) in reasons {
        // In order of begin, whatever is done beyond this begin is done up to `done`.
        for part in set.within(Span::new(span.from.max(done), span.to)).iter() {
            explained.push(part);
            out.push((part, cause.clone()));
        }
        done = done.max(span.to);
    }
    set.without(&Spans::new(explained))
}
