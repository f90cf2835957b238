//! Facts survive the way into the ledger and out, and hostile bodies are refused, not believed.

use avouch_finding::{Decision, Disposition, Fact, Finding, FindingKey, Kind, Time};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn every_kind_reads_an_empty_body_and_writes_what_reads_back() {
    for kind in Kind::ALL {
        let fact = Fact::read(kind.name(), json!({})).unwrap();
        assert_eq!(fact.kind(), kind.name());
        assert!(fact.time().is_some());
        assert_eq!(Fact::read(fact.kind(), fact.body().unwrap()).unwrap(), fact);
    }
}

#[test]
fn a_kind_of_another_version_stays_what_it_was() {
    let body = json!({"a": [1, {"b": null}]});
    let fact = Fact::read("from_the_future", body.clone()).unwrap();
    assert_eq!((fact.kind(), fact.time()), ("from_the_future", None));
    assert_eq!(fact.body().unwrap(), body);
}

#[test]
fn a_body_of_the_wrong_shape_is_an_error_that_names_the_kind() {
    let error = Fact::read("finding", json!({"time": "yesterday"})).unwrap_err();
    assert!(error.to_string().contains("`finding`"));
    assert!(Fact::read("gap", json!([])).is_err());
}

#[test]
fn ids_of_findings_depend_on_each_part() {
    let key = FindingKey { node: "n", source: "syscall", time: Time(5), event: 7, rule: "R" };
    let id = key.id();
    assert_eq!((id.len(), &key.id()), (32, &id));
    let others = [
        FindingKey { node: "m", ..key },
        FindingKey { source: "k8s_audit", ..key },
        FindingKey { time: Time(6), ..key },
        FindingKey { event: 8, ..key },
        FindingKey { rule: "S", ..key },
        // The same texts joined, cut elsewhere.
        FindingKey { node: "ns", source: "yscall", ..key },
    ];
    assert!(others.iter().all(|k| k.id() != id));
}

#[test]
fn whom_a_finding_is_about_is_read_from_its_fields() {
    let fields = json!({"user.name": "<NA>", "ka.user.name": "alice", "fd.name": "/etc/shadow", "proc.pid": 5});
    let finding = Finding { fields: fields.as_object().cloned().unwrap(), ..Finding::default() };
    let subject = finding.subject();
    assert_eq!((subject.user, subject.object, subject.pod), ("alice", "/etc/shadow", ""));
}

#[test]
fn numbers_that_the_ledger_writes_as_texts_read_as_numbers() {
    let big = 1_795_675_580_113_056_110_i64;
    let body = json!({"clock_offset_ns": big.to_string(), "clock_jump_ns": (-big).to_string()});
    let Fact::Observation(o) = Fact::read("observation", body).unwrap() else { panic!() };
    assert_eq!((o.clock_offset_ns, o.clock_jump_ns), (big, Some(-big)));
    let Fact::Input(input) = Fact::read("input", json!({"moved_ns": (-big).to_string()})).unwrap() else { panic!() };
    assert_eq!(input.moved_ns, -big);
    assert!(Fact::read("observation", json!({"clock_offset_ns": "soon"})).is_err());
}

proptest! {
    #[test]
    fn times_read_back(ns in 0..4_000_000_000_000_000_000_u64) {
        let time = Time(ns);
        prop_assert_eq!(Time::parse(&time.to_string()), Some(time));
        prop_assert_eq!(serde_json::from_value::<Time>(serde_json::to_value(time).unwrap()).unwrap(), time);
    }

    #[test]
    fn dispositions_read_back(finding in ".{0,40}", by in ".{0,40}", reason in ".{0,80}", n in 0..3_usize) {
        let fact = Fact::from(Disposition {
            time: Time(1), finding, by, reason, decision: Decision::ALL[n], incident: String::new(),
        });
        prop_assert_eq!(Fact::read(fact.kind(), fact.body().unwrap()).unwrap(), fact);
    }
}
