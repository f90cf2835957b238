//! Findings that came too late to be told.

use std::time::Duration;

use avouch_finding::{Delivered, Delivery, Finding, Time};

/// Ids that a receipt names at most.
const NAMED: usize = 100;

/// What came too late since the last receipt, and on the whole.
#[derive(Debug)]
pub(super) struct Late {
    window: Duration,
    ids: Vec<String>,
    count: u64,
    all: u64,
}

impl Late {
    /// Nothing yet; what is older than `window` is late.
    pub(super) fn new(window: Duration) -> Self {
        Self { window, ids: Vec::new(), count: 0, all: 0 }
    }

    /// Takes out what is late and is not covered by an acceptance.
    pub(super) fn sort_out(&mut self, findings: &mut Vec<Finding>, now: Time) {
        let window = u64::try_from(self.window.as_nanos()).unwrap_or(u64::MAX);
        let oldest = now.0.saturating_sub(window);
        findings.retain(|finding| {
            if finding.time.0 >= oldest {
                return true;
            }
            if finding.suppressed.is_none() {
                self.count += 1;
                self.all += 1;
                if self.ids.len() < NAMED {
                    self.ids.push(finding.id.clone());
                }
            }
            false
        });
    }

    /// A receipt of what came late since the last one.
    pub(super) fn receipt(&mut self, now: Time) -> Option<Delivery> {
        let count = std::mem::take(&mut self.count);
        let findings = std::mem::take(&mut self.ids);
        let minutes = self.window.as_secs() / 60;
        (count > 0).then(|| Delivery {
            time: now,
            state: Delivered::HeldBack,
            findings,
            count,
            reason: "late".to_owned(),
            answer: format!("nobody was told: older than {minutes} min when they came"),
            ..Delivery::default()
        })
    }

    /// How many came late since the start.
    pub(super) fn all(&self) -> u64 {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use avouch_finding::Suppressed;

    const MINUTE: u64 = 60_000_000_000;

    fn finding(id: &str, minutes_ago: u64) -> Finding {
        Finding { id: id.to_owned(), time: Time(1_000 * MINUTE - minutes_ago * MINUTE), ..Finding::default() }
    }

    #[test]
    fn old_findings_are_taken_out_counted_and_told_of_once() {
        let now = Time(1_000 * MINUTE);
        let mut late = Late::new(Duration::from_mins(10));
        let suppressed = Finding { suppressed: Some(Suppressed::default()), ..finding("s", 20) };
        let mut findings = vec![finding("a", 0), finding("b", 10), finding("c", 11), suppressed, finding("future", 0)];
        late.sort_out(&mut findings, now);
        assert_eq!(findings.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["a", "b", "future"]);
        let receipt = late.receipt(now).unwrap();
        assert_eq!((receipt.count, receipt.findings, receipt.state), (1, vec!["c".to_owned()], Delivered::HeldBack));
        assert_eq!(late.receipt(now), None);
        let mut many = (0..500).map(|n| finding(&n.to_string(), 60)).collect();
        late.sort_out(&mut many, now);
        let receipt = late.receipt(now).unwrap();
        assert_eq!((receipt.count, receipt.findings.len(), late.all()), (500, NAMED, 501));
    }
}
