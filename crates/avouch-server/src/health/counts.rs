//! Counts of what was recorded since the server began.

use std::collections::BTreeMap;

use avouch_finding::{Delivered, Fact, Severity};

/// Channels that are counted apart; more are counted together.
const CHANNELS: usize = 200;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Facts of any kind.
    pub facts: u64,
    /// Findings by severity, those that acceptances cover apart.
    pub findings: BTreeMap<Severity, u64>,
    pub suppressed: u64,
    /// What became of notifications, by channel.
    pub deliveries: BTreeMap<(String, &'static str), u64>,
}

impl Counts {
    pub(super) fn fact(&mut self, fact: &Fact) {
        self.facts += 1;
        match fact {
            Fact::Finding(finding) if finding.suppressed.is_some() => self.suppressed += 1,
            Fact::Finding(finding) => *self.findings.entry(finding.severity).or_default() += 1,
            Fact::Delivery(delivery) => {
                let outcome = outcome(delivery.state);
                let full = self.deliveries.len() >= CHANNELS;
                let mut key = (delivery.channel.clone(), outcome);
                if full && !self.deliveries.contains_key(&key) {
                    key.0 = "others".to_owned();
                }
                *self.deliveries.entry(key).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// A word for what became of a notification.
pub(crate) fn outcome(state: Delivered) -> &'static str {
    match state {
        Delivered::Delivered => "delivered",
        Delivered::Failed => "failed",
        Delivered::HeldBack => "held_back",
    }
}
