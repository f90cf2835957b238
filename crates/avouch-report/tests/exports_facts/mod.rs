//! A period for the tests of exports, built by hand.

use avouch_controls::{ControlHistory, ControlList, Period, Time as ControlTime};
use avouch_coverage::Stretch;
use avouch_finding::{AcceptanceChange, Decision, Severity, Time};
use avouch_report::population::{Population, Spec, Test};
use avouch_report::{
    AsOf, Judging, ListUsed, PeriodFacts, Place, Placed, Results, Scope, acceptance_results, control_results,
    deviations, rule_results,
};
use avouch_store::{Acknowledged, Classes, Decided, Source, StoredFinding};
use serde_json::json;

use crate::plain::LIST;
pub(crate) use crate::plain::{BEGIN, DAY, HOUR, at, find, stretch};

/// What an attacker might put wherever a text is taken.
pub(crate) const HOSTILE: &str =
    " <script>alert(1)</script>\r\n\t{{ insert: param, p }} \u{0}\u{1b}[31m\u{2028} \"'\\ ../../x ";

/// Beside those of [`LIST`].
const MORE: &str = "  - id: AC-03
    title: Miners
    statement: Nobody mines.
    owner: platform
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.8]
    evidence: {rules: {names: [Miner]}}
  - id: AC-04
    title: Keys
    statement: Keys are not made by hand.
    owner: cloud
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.3]
    evidence: {rules: {names: [Key]}, sources: [aws_cloudtrail]}
";

pub(crate) fn facts(stretches: Vec<Stretch>) -> PeriodFacts {
    let mut facts = crate::plain::facts(3, stretches);
    facts.as_of = AsOf { ledger: "L1".to_owned(), last: Place { seq: 99, hash: "a".repeat(64) } };
    facts
}

pub(crate) fn accept(facts: &mut PeriodFacts, id: &str, approver: &str, expires: Time, reason: &str) {
    let acceptance = json!({"rule": "Shell", "control": "AC-01", "requester": "ann", "approver": approver, "reason": reason,
        "ticket": "T-1", "from": "2026-06-01T00:00:00Z", "expires": expires.to_string()});
    let change = AcceptanceChange { time: at(0), id: id.to_owned(), acceptance, ..AcceptanceChange::default() };
    facts.acceptances.push(Placed { place: Place { seq: 9, hash: String::new() }, fact: change });
}

/// Everything that can go wrong: a gap, a rule switched off, confirmed and late findings, acceptances in force, expired and
/// approved by their requester, hostile names.
pub(crate) fn rich() -> PeriodFacts {
    let mut f = facts(vec![
        stretch("n1", 0, DAY, "full"),
        stretch("n1", DAY + HOUR, 3 * DAY, "full"),
        stretch("n2", 0, 2 * DAY, "full"),
        stretch("n2", 2 * DAY, 3 * DAY, "less"),
        stretch(HOSTILE, 0, 3 * DAY, "full"),
    ]);
    find(&mut f, HOUR, None, Some("ACC-1"));
    find(&mut f, 2 * HOUR, Some((3 * HOUR, Decision::True)), None);
    find(&mut f, 5 * HOUR, Some((6 * HOUR, Decision::Benign)), None);
    find(&mut f, 2 * DAY, None, None);
    accept(&mut f, "ACC-1", "bob", at(DAY), "Known job.");
    accept(&mut f, "ACC-2", "Ann", at(300 * DAY), "");
    accept(&mut f, "ACC-3", "bob", at(300 * DAY), HOSTILE);
    accept(&mut f, HOSTILE, HOSTILE, at(300 * DAY), HOSTILE);
    f
}

/// Results of the facts, with every population but `left_out`.
pub(crate) fn with_results<R>(facts: &PeriodFacts, lists: bool, f: impl FnOnce(&Results<'_>) -> R) -> R {
    let list = crate::plain::list(&format!("{LIST}{MORE}"));
    let period = Period { from: ControlTime(facts.period.from.0), to: ControlTime(facts.period.to.0) };
    let used: Vec<&ControlList> = if lists { vec![&list] } else { Vec::new() };
    let (history, _) = ControlHistory::new(&used, period);
    let judging = Judging { least_watched: 1_000_000 };
    let controls = control_results(facts, &history, judging);
    let rules = rule_results(facts);
    let acceptances = acceptance_results(facts);
    let deviations = deviations(facts, &controls, &acceptances);
    let population = |id: &'static str| Population {
        spec: Spec { id, title: "T", definition: "D.", source: "S", columns: &["id"] },
        count: 2,
        first: None,
        last: None,
        digest: "b".repeat(64),
        csv_digest: "c".repeat(64),
        tests: vec![Test::equal("rows", 2, 2), Test::not_run("others", HOSTILE)],
    };
    let populations: Vec<Population> =
        ["detections", "nodes", "observation-gaps", "acceptances"].into_iter().map(population).collect();
    let scope =
        Scope { entity: "Acme".to_owned(), system: "Shop".to_owned(), version: "1.2.3".to_owned(), ..Scope::default() };
    f(&Results {
        scope: &scope,
        facts,
        history: &history,
        lists: &[ListUsed { id: "acme".to_owned(), version: 1, digest: "d".repeat(64), ..ListUsed::default() }],
        judging,
        controls: &controls,
        rules: &rules,
        acceptances: &acceptances,
        deviations: &deviations,
        populations: &populations,
        samples: &[],
        changes: &[],
        shown: &[],
        activity: &avouch_report::population::Activity::default(),
        requests: &[],
        before: None,
    })
}

/// A stored finding with every text set to `text`, or plain ones.
pub(crate) fn stored(text: Option<&str>) -> StoredFinding {
    let of = |plain: &str| text.unwrap_or(plain).to_owned();
    let arc = |plain: &str| of(plain).into();
    StoredFinding {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        time: Time(BEGIN + 1_234_567_891),
        node: arc("n1"),
        cluster: arc("prod"),
        run: arc("run-1"),
        source: arc("syscall"),
        event: 7,
        rule: arc("Shell"),
        rules: arc("full"),
        priority: arc("Warning"),
        severity: Severity::Medium,
        classes: Classes {
            criteria: vec![of("CC6.1")],
            attack: vec!["T1059.004".to_owned(), "TA0002".to_owned(), of("T1609")],
            ..Classes::default()
        }
        .into(),
        output: of("A shell was opened"),
        user: arc("root"),
        process: arc("bash"),
        command: of("bash -i"),
        container: arc("web"),
        image: arc("nginx"),
        namespace: arc("shop"),
        pod: arc("web-0"),
        object: of("/etc/shadow"),
        lost_events: None,
        container_unknown: false,
        slice: None,
        suppressed: None,
        acknowledged: None,
        decided: None,
        assigned: None,
        notes: 0,
        cut: false,
        record: Source { ledger: "L1".into(), seq: 42, hash: [0xab; 32] },
        recorded: Time(BEGIN + 2_000_000_000),
    }
}

pub(crate) fn looked() -> Acknowledged {
    Acknowledged { time: at(HOUR), by: "ann".to_owned() }
}

pub(crate) fn decided() -> Decided {
    Decided {
        time: at(2 * HOUR),
        by: "ann".to_owned(),
        decision: Decision::Benign,
        reason: "A known job.".to_owned(),
        incident: String::new(),
    }
}
