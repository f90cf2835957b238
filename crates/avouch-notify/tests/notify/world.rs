//! What the tests of this crate have in common: findings, receipts that can be waited for, secrets.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use avouch_finding::{Delivery, Finding, FindingKey, Severity, Time};
use avouch_notify::{Act, Config, Deed, Forgetful, Input, Noted, Notifier, Outside, Router, Secret, SecretRef, System};

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn finding(number: u64, rule: &str, severity: Severity) -> Finding {
    let time = Time::parse("2026-11-26T10:00:00Z").unwrap();
    let key = FindingKey { node: "node-1", source: "syscall", time, event: number, rule };
    let fields = [("proc.name", "bash"), ("proc.cmdline", "bash -i"), ("k8s.ns.name", "shop"), ("user.name", "root")];
    Finding {
        id: key.id(),
        time,
        node: "node-1".to_owned(),
        cluster: "prod".to_owned(),
        source: "syscall".to_owned(),
        event: number,
        rule: rule.to_owned(),
        priority: "Critical".to_owned(),
        severity,
        criteria: vec!["CC6.1".to_owned(), "CC7.2".to_owned()],
        tags: vec!["shell".to_owned()],
        output: format!("number {number} of {rule}"),
        fields: fields.into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect(),
        ..Finding::default()
    }
}

/// The clock of the machine, no chance, and secrets of the test's own.
#[derive(Default)]
pub(crate) struct World {
    secrets: Mutex<BTreeMap<String, String>>,
}

impl World {
    pub(crate) fn new(secrets: &[(&str, &str)]) -> Arc<Self> {
        let world = Self::default();
        secrets.iter().for_each(|(name, value)| world.set(name, value));
        Arc::new(world)
    }

    pub(crate) fn set(&self, name: &str, value: &str) {
        self.secrets.lock().unwrap().insert(format!("env:{name}"), value.to_owned());
    }
}

impl Outside for World {
    fn now(&self) -> Time {
        System.now()
    }

    fn jitter(&self) -> f64 {
        0.0
    }

    fn secret(&self, at: &SecretRef) -> Result<Secret, String> {
        let found = self.secrets.lock().unwrap().get(&at.to_string()).cloned();
        found.map(Secret::new).ok_or_else(|| format!("secret `{at}` is not set"))
    }
}

/// Receipts as they come.
#[derive(Clone, Default)]
pub(crate) struct Receipts(Arc<(Mutex<Vec<Delivery>>, Condvar)>);

impl Receipts {
    pub(crate) fn all(&self) -> Vec<Delivery> {
        self.0.0.lock().unwrap().clone()
    }

    /// Waits until there are receipts such as these.
    pub(crate) fn wait(&self, what: &str, enough: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let all = self.0.0.lock().unwrap();
        let (all, late) = self.0.1.wait_timeout_while(all, PATIENCE, |all| !enough(all)).unwrap();
        assert!(!late.timed_out(), "{what} never came: {all:#?}");
        all.clone()
    }

    pub(crate) fn wait_for(&self, count: usize) -> Vec<Delivery> {
        self.wait(&format!("receipt {count}"), |all| all.len() >= count)
    }
}

pub(crate) fn start(config: &str, world: &Arc<World>) -> (Notifier, Receipts) {
    let config = Config::parse("notify.yaml", config).unwrap_or_else(|e| panic!("{e}"));
    let receipts = Receipts::default();
    let given = receipts.clone();
    let outside: Arc<dyn Outside> = world.clone();
    let router = Router::new(Arc::new(config));
    let notifier = Notifier::start(router, Box::new(Forgetful), outside, move |receipt| {
        given.0.0.lock().unwrap().push(receipt);
        given.0.1.notify_all();
    });
    let notifier = notifier.unwrap();
    notifier.begin();
    (notifier, receipts)
}

/// As records of a ledger, each with the number of its event.
pub(crate) fn noted(findings: &[Finding]) -> Vec<Noted> {
    findings.iter().map(|f| Noted { seq: f.event, finding: f.clone() }).collect()
}

/// Something that `ada` did.
pub(crate) fn act(finding: &str, deed: Deed) -> Act {
    Act { finding: finding.to_owned(), by: "ada".to_owned(), deed, note: "looked at it".to_owned() }
}

/// Findings in, as the ledger has them.
pub(crate) trait Tell {
    fn findings(&self, findings: &[Finding]);
}

impl Tell for Notifier {
    fn findings(&self, findings: &[Finding]) {
        self.take(noted(findings).into_iter().map(|finding| Input::Finding(Box::new(finding))).collect(), 0);
    }
}

/// The same for a router.
pub(crate) trait Takes {
    fn takes(&mut self, now: Time, findings: &[Finding]);
    fn acknowledged(&mut self, finding: &str);
}

impl Takes for Router {
    fn takes(&mut self, now: Time, findings: &[Finding]) {
        self.take(now, &noted(findings));
    }

    fn acknowledged(&mut self, finding: &str) {
        self.acted(Time(0), act(finding, Deed::Acknowledged));
    }
}
