//! Exports for other tools: valid by the schemas of their makers, the same bytes twice, never a pass for what is not known.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod exports_facts;
mod plain;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use avouch_finding::Decision;
use avouch_report::ocsf::{self, compliance_finding, control_findings};
use avouch_report::oscal::{BundleRef, Document, assessment_results, poam};
use avouch_report::{PeriodFacts, Results};
use exports_facts::{
    BEGIN, DAY, HOSTILE, HOUR, accept, at, decided, facts, find, looked, rich, stored, stretch, with_results,
};
use serde_json::Value;

const BUNDLE: BundleRef<'_> =
    BundleRef { digest: "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", href: "../bundle" };

/// NIST's schema, when the test data stands beside the checkout; with `CI=true` it must.
fn schema(name: &str) -> Option<jsonschema::Validator> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata/oscal").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "schema missing: {name}");
        eprintln!("skipped: no schema {name}");
        return None;
    };
    let schema = serde_json::from_str(&text).unwrap();
    Some(
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap(),
    )
}

fn bytes(document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    document.write(&mut out).unwrap();
    out
}

fn assessment(r: &Results<'_>) -> Value {
    serde_json::from_slice(&bytes(&assessment_results(r, &BUNDLE))).unwrap()
}

fn plan(r: &Results<'_>) -> Value {
    serde_json::from_slice(&bytes(&poam(r, &BUNDLE))).unwrap()
}

/// Facts that exercise the documents.
fn periods() -> Vec<(&'static str, PeriodFacts)> {
    let quiet = facts(vec![stretch("n1", 0, 3 * DAY, "full")]);
    vec![("empty", facts(Vec::new())), ("quiet", quiet), ("rich", rich())]
}

#[test]
fn documents_are_valid_by_the_schemas_of_nist() {
    type Make = fn(&Results<'_>) -> Value;
    let documents: [(&str, Make); 2] =
        [("oscal_assessment-results_schema.json", assessment), ("oscal_poam_schema.json", plan)];
    for (name, make) in documents {
        let Some(schema) = schema(name) else { continue };
        // The validator sees a fault when there is one.
        assert!(!schema.is_valid(&serde_json::json!({"assessment-results": {}, "plan-of-action-and-milestones": {}})));
        for (period, facts) in periods() {
            for lists in [true, false] {
                let document = with_results(&facts, lists, make);
                let faults: Vec<String> =
                    schema.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
                assert!(faults.is_empty(), "{name}, {period}, lists {lists}: {faults:#?}");
            }
        }
    }
}

/// Every UUID that is defined, and every one that is referred to.
fn uuids(value: &Value, defined: &mut Vec<String>, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let reference = value.as_str().and_then(|text| match key.as_str() {
                    "href" => text.strip_prefix('#'),
                    key if key.ends_with("-uuid") => Some(text),
                    _ => None,
                });
                used.extend(reference.map(str::to_owned));
                match value.as_str() {
                    Some(text) if key == "uuid" => defined.push(text.to_owned()),
                    _ => uuids(value, defined, used),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|v| uuids(v, defined, used)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_to_something_and_no_identifier_is_used_twice() {
    for (period, facts) in periods() {
        for document in with_results(&facts, true, |r| [assessment(r), plan(r)]) {
            let (mut defined, mut used) = (Vec::new(), BTreeSet::new());
            uuids(&document, &mut defined, &mut used);
            let unique: BTreeSet<String> = defined.iter().cloned().collect();
            assert_eq!(unique.len(), defined.len(), "{period}");
            assert_eq!(used.difference(&unique).collect::<Vec<_>>(), Vec::<&String>::new(), "{period}");
        }
    }
}

#[test]
fn the_same_period_gives_the_same_bytes_and_another_ledger_other_identifiers() {
    let all = |facts: &PeriodFacts| {
        with_results(facts, true, |r| [bytes(&assessment_results(r, &BUNDLE)), bytes(&poam(r, &BUNDLE))])
    };
    assert_eq!(all(&rich()), all(&rich()));
    let mut other = rich();
    other.as_of.last.hash = "f".repeat(64);
    let uuid = |facts: &PeriodFacts| with_results(facts, true, |r| assessment(r)["assessment-results"]["uuid"].clone());
    assert_ne!(uuid(&rich()), uuid(&other));
    assert_eq!(uuid(&rich()).as_str().unwrap().as_bytes()[14], b'5');
}

/// State and outcome of each finding, by title.
fn findings(document: &Value) -> Vec<(String, String, String)> {
    let list = document["assessment-results"]["results"][0]["findings"].as_array().unwrap();
    list.iter()
        .map(|f| {
            let text = |v: &Value| v.as_str().unwrap().to_owned();
            (
                text(&f["target"]["target-id"]),
                text(&f["target"]["status"]["state"]),
                text(&f["target"]["status"]["reason"]),
            )
        })
        .collect()
}

fn prop<'v>(of: &'v Value, name: &str) -> Option<&'v str> {
    let props = of["props"].as_array()?;
    props.iter().find(|p| p["name"] == name)?["value"].as_str()
}

#[test]
fn only_what_was_watched_and_has_no_deviation_is_satisfied() {
    let states = |facts: &PeriodFacts| with_results(facts, true, |r| findings(&assessment(r)));
    let row = |id: &str, state: &str, reason: &str| (format!("{id}_obj.1"), state.to_owned(), reason.to_owned());
    let quiet = facts(vec![stretch("n1", 0, 3 * DAY, "full")]);
    assert_eq!(
        states(&quiet),
        [
            row("AC-01", "satisfied", "pass"),
            row("AC-02", "not-satisfied", "other"),
            row("AC-03", "satisfied", "pass"),
            row("AC-04", "not-satisfied", "other"),
        ]
    );
    assert!(states(&facts(Vec::new())).iter().all(|(_, state, reason)| state == "not-satisfied" && reason == "other"));

    // Ten minutes without a sensor: not a failure, and not a pass.
    let gap = facts(vec![stretch("n1", 0, DAY, "full"), stretch("n1", DAY + HOUR / 6, 3 * DAY, "full")]);
    assert_eq!(states(&gap)[0], row("AC-01", "not-satisfied", "other"));

    let mut bad = facts(vec![stretch("n1", 0, 3 * DAY, "full")]);
    find(&mut bad, HOUR, Some((2 * HOUR, Decision::True)), None);
    assert_eq!(states(&bad)[0], row("AC-01", "not-satisfied", "fail"));
    assert_eq!(states(&bad)[2], row("AC-03", "satisfied", "pass"));

    // Benign, but looked at after its four hours: the register has a deviation, so it does not count as satisfied.
    let mut late = facts(vec![stretch("n1", 0, 3 * DAY, "full")]);
    find(&mut late, HOUR, Some((20 * HOUR, Decision::Benign)), None);
    assert_eq!(states(&late)[0], row("AC-01", "not-satisfied", "fail"));
}

#[test]
fn findings_carry_what_oscal_has_no_state_for() {
    let mut f = facts(vec![stretch("n1", 0, DAY, "full"), stretch("n1", 2 * DAY, 3 * DAY, "full")]);
    find(&mut f, HOUR, Some((2 * HOUR, Decision::Benign)), None);
    let document = with_results(&f, true, assessment);
    let result = &document["assessment-results"]["results"][0];
    let by_control = |n: usize| &result["findings"][n];
    assert_eq!(prop(by_control(0), "outcome"), Some("partly-unknown"));
    assert_eq!(prop(by_control(1), "outcome"), Some("not-covered"));
    assert_eq!(prop(by_control(3), "outcome"), Some("no-evidence"));
    // Two days of three, rounded so that nothing is rounded away.
    assert_eq!(prop(by_control(0), "observed-ppm"), Some("666666"));
    assert_eq!(prop(by_control(0), "unobserved-ppm"), Some("333334"));
    assert_eq!(prop(by_control(0), "findings-benign"), Some("1"));
    assert_eq!(prop(by_control(1), "observed-ppm"), None);
    // Nothing was tested where nothing was watched.
    assert!(by_control(1).get("related-observations").is_none() && by_control(3).get("related-observations").is_none());
    assert_eq!(result["observations"][0]["methods"], serde_json::json!(["TEST"]));
    assert_eq!(result["observations"][0]["subjects"].as_array().unwrap().len(), 1);
}

#[test]
fn an_empty_period_says_no_evidence_in_both_documents() {
    let [results, plan] = with_results(&facts(Vec::new()), true, |r| [assessment(r), plan(r)]);
    let result = &results["assessment-results"]["results"][0];
    assert_eq!(prop(result, "evidence"), Some("none"));
    assert!(result.get("observations").is_none() && result.get("risks").is_none());
    let items = plan["plan-of-action-and-milestones"]["poam-items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["title"], "No evidence");
}

#[test]
fn every_deviation_and_acceptance_is_an_item_with_its_risk() {
    let facts = rich();
    let (document, ids, closed) = with_results(&facts, true, |r| {
        let ids: BTreeSet<String> = r.deviations.iter().map(|d| d.id.clone()).collect();
        (plan(r), ids, r.deviations.iter().filter(|d| d.closed).count())
    });
    let plan = &document["plan-of-action-and-milestones"];
    let items = plan["poam-items"].as_array().unwrap();
    let told: BTreeSet<String> = items.iter().filter_map(|i| prop(i, "deviation")).map(str::to_owned).collect();
    assert!(!ids.is_empty() && closed > 0 && closed < ids.len());
    assert_eq!(told, ids);
    assert_eq!(items.len(), ids.len() + 4);
    let mut by_status: BTreeMap<&str, usize> = BTreeMap::new();
    for risk in plan["risks"].as_array().unwrap().iter().filter(|r| prop(r, "deviation").is_some()) {
        *by_status.entry(risk["status"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(by_status, BTreeMap::from([("closed", closed), ("open", ids.len() - closed)]));
}

#[test]
fn an_acceptance_is_approved_only_while_it_runs_and_by_somebody_else() {
    let mut f = facts(vec![stretch("n1", 0, 3 * DAY, "full")]);
    accept(&mut f, "RUNS", "bob", at(9 * DAY), "Why not.");
    accept(&mut f, "ENDED", "bob", at(DAY), "Why not.");
    accept(&mut f, "OWN", "Ann", at(9 * DAY), "Why not.");
    let document = with_results(&f, true, plan);
    let risks = document["plan-of-action-and-milestones"]["risks"].as_array().unwrap();
    let of = |id: &str| risks.iter().find(|r| prop(r, "acceptance") == Some(id)).unwrap();
    assert_eq!(of("RUNS")["status"], "deviation-approved");
    assert_eq!(of("RUNS")["deadline"], at(9 * DAY).to_string());
    assert_eq!(of("ENDED")["status"], "open");
    assert_eq!(of("OWN")["status"], "deviation-requested");
    assert_eq!(prop(of("OWN"), "deviation-approved"), None);
}

#[test]
fn evidence_leads_into_the_bundle_with_its_digest() {
    let document = with_results(&rich(), true, assessment);
    let resources = document["assessment-results"]["back-matter"]["resources"].as_array().unwrap();
    let links: BTreeMap<&str, &str> = resources
        .iter()
        .flat_map(|r| r["rlinks"].as_array().into_iter().flatten())
        .map(|l| (l["href"].as_str().unwrap(), l["hashes"][0]["value"].as_str().unwrap()))
        .collect();
    assert_eq!(links["../bundle/manifest.json"], BUNDLE.digest);
    assert_eq!(links["../bundle/populations/detections.jsonl"], "b".repeat(64));
    assert_eq!(links["../bundle/populations/detections.csv"], "c".repeat(64));
}

/// Markup that is not escaped, in what OSCAL reads as markup.
fn bare_markup(key: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, v)| bare_markup(key, v, out)),
        Value::Array(list) => list.iter().for_each(|v| bare_markup(key, v, out)),
        Value::String(text)
            if ["title", "description", "statement", "prose", "remarks"].contains(&key)
                && text.match_indices(['<', '{', '[']).any(|(at, _)| !text[..at].ends_with('\\')) =>
        {
            out.push(text.clone());
        }
        _ => {}
    }
}

#[test]
fn hostile_texts_cannot_become_markup() {
    for document in with_results(&rich(), true, |r| [assessment(r), plan(r)]) {
        assert!(document.to_string().contains("script"), "the hostile names must be there");
        let mut bare = Vec::new();
        bare_markup("", &document, &mut bare);
        assert_eq!(bare, Vec::<String>::new());
    }
}

const REQUIRED: &str = include_str!("exports_facts/ocsf-required.tsv");

/// What is missing in an OCSF object and in those within it.
fn missing(name: &str, object: &Value, out: &mut Vec<String>) {
    for line in REQUIRED.lines().filter(|l| !l.starts_with('#')) {
        let (of, attributes) = line.split_once('\t').unwrap();
        if of == name {
            for one in attributes.split_whitespace().filter(|any| any.split('|').all(|a| object.get(a).is_none())) {
                out.push(format!("{name}.{one}"));
            }
        }
    }
    for (key, value) in object.as_object().into_iter().flatten().filter(|(key, _)| *key != "unmapped" && *key != "data")
    {
        match value {
            Value::Object(_) => missing(key, value, out),
            Value::Array(list) => list.iter().filter(|v| v.is_object()).for_each(|v| missing(key, v, out)),
            _ => {}
        }
    }
}

fn complete(event: &Value) {
    let mut out = Vec::new();
    missing("event", event, &mut out);
    missing(&event["class_uid"].to_string(), event, &mut out);
    assert_eq!(out, Vec::<String>::new(), "{event:#}");
    let (class, activity) = (event["class_uid"].as_u64().unwrap(), event["activity_id"].as_u64().unwrap());
    assert_eq!(event["type_uid"], class * 100 + activity);
    assert_eq!(event["category_uid"], 2);
}

fn detection(finding: &avouch_store::StoredFinding) -> Value {
    let mut writer = ocsf::Writer::new(Vec::new());
    writer.detection(finding, "1.2.3").unwrap();
    let (line, count) = writer.finish().unwrap();
    assert_eq!(count, 1);
    serde_json::from_slice(&line).unwrap()
}

#[test]
fn detections_have_what_ocsf_requires_whatever_they_lack() {
    for text in [None, Some(""), Some(HOSTILE)] {
        let finding = stored(text);
        let event = detection(&finding);
        complete(&event);
        assert_eq!(event["class_uid"], 2004);
    }
    // The test sees what is missing.
    let mut event = detection(&stored(None));
    event["metadata"].as_object_mut().unwrap().remove("version");
    let mut out = Vec::new();
    missing("event", &event, &mut out);
    assert_eq!(out, ["metadata.version"]);
}

#[test]
fn a_detection_says_what_is_known_in_the_words_of_ocsf() {
    let finding = stored(None);
    let event = detection(&finding);
    assert_eq!(event["time"], BEGIN / 1_000_000 + 1234);
    assert_eq!(event["metadata"]["original_time"], "2026-07-01T00:00:01.234567891Z");
    assert_eq!((&event["severity_id"], &event["severity"]), (&3.into(), &"Medium".into()));
    assert_eq!(event["finding_info"]["analytic"], serde_json::json!({"type_id": 1, "name": "Shell"}));
    assert_eq!(
        event["finding_info"]["attacks"],
        serde_json::json!([
            {"technique": {"uid": "T1059"}, "sub_technique": {"uid": "T1059.004"}},
            {"tactic": {"uid": "TA0002"}},
            {"technique": {"uid": "T1609"}},
        ])
    );
    let evidence = &event["evidences"][0];
    assert_eq!(evidence["actor"]["user"]["name"], "root");
    assert_eq!(evidence["container"]["name"], "web");
    assert_eq!(evidence["file"], serde_json::json!({"name": "shadow", "path": "/etc/shadow", "type_id": 0}));
    assert_eq!(evidence["data"]["cmd_line"], "bash -i");
    let pod = &event["resources"][1];
    assert_eq!((&pod["name"], &pod["namespace"]), (&"web-0".into(), &"shop".into()));
    assert_eq!(event["unmapped"]["classes"]["criteria"][0], "CC6.1");
    assert_eq!(event["unmapped"]["ledger"]["sha256"], "ab".repeat(32));
}

#[test]
fn only_tags_that_another_list_has_are_left_out() {
    let mut finding = stored(None);
    let text = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    finding.classes = std::sync::Arc::new(avouch_store::Classes {
        criteria: text(&["CC6.1"]),
        nist_800_53: text(&["AC-2"]),
        attack: text(&["T1059"]),
        tags: text(&[
            "SOC2_CC6.1",
            "tsc_CC6.1",
            "SOC2_CC7.1",
            "SOC2_CC99.9",
            "NIST_800-53_AC-2",
            "NIST_800-53_AC-6",
            "T1059",
            "shop",
        ]),
        ..avouch_store::Classes::default()
    });
    let event = detection(&finding);
    let kept = serde_json::json!(["SOC2_CC7.1", "SOC2_CC99.9", "NIST_800-53_AC-6", "shop"]);
    assert_eq!(event["unmapped"]["classes"]["tags"], kept);
}

#[test]
fn triage_is_the_status() {
    let status = |looked_at: bool, done: bool, accepted: bool| {
        let mut finding = stored(None);
        finding.acknowledged = looked_at.then(looked);
        finding.decided = done.then(decided);
        finding.suppressed = accepted.then(|| "ACC-1".into());
        let event = detection(&finding);
        complete(&event);
        (event["status_id"].as_u64().unwrap(), event["activity_id"].as_u64().unwrap())
    };
    assert_eq!(status(false, false, false), (1, 1));
    assert_eq!(status(true, false, false), (2, 2));
    assert_eq!(status(true, true, false), (4, 3));
    assert_eq!(status(false, true, false), (4, 3));
    assert_eq!(status(true, true, true).0, 3);
}

#[test]
fn controls_pass_only_when_they_are_satisfied() {
    let statuses = |facts: &PeriodFacts| {
        with_results(facts, true, |r| {
            let findings = control_findings(r);
            let events = findings.iter().map(|f| serde_json::to_value(compliance_finding(f)).unwrap());
            let status = |event: Value| {
                complete(&event);
                assert_eq!(event["class_uid"], 2003);
                event["compliance"]["status_id"].as_u64().unwrap()
            };
            events.map(status).collect::<Vec<_>>()
        })
    };
    assert_eq!(statuses(&facts(vec![stretch("n1", 0, 3 * DAY, "full")])), [1, 99, 1, 2]);
    assert_eq!(statuses(&facts(Vec::new())), [2, 99, 2, 2]);
    let mut bad = facts(vec![stretch("n1", 0, 3 * DAY, "full")]);
    find(&mut bad, HOUR, Some((2 * HOUR, Decision::True)), None);
    assert_eq!(statuses(&bad), [3, 99, 1, 2]);
    statuses(&rich());
}

#[test]
fn records_are_lines_whatever_is_in_them() {
    let write = || {
        let mut out = Vec::new();
        let mut writer = ocsf::Writer::new(&mut out);
        for text in [None, Some(HOSTILE)] {
            for _ in 0..200 {
                writer.detection(&stored(text), "1.2.3").unwrap();
            }
        }
        with_results(&rich(), true, |r| control_findings(r).iter().for_each(|f| writer.compliance(f).unwrap()));
        assert_eq!(writer.finish().unwrap().1, 404);
        out
    };
    let out = write();
    assert_eq!(out, write());
    let lines: Vec<&[u8]> = out.split(|b| *b == b'\n').collect();
    assert_eq!(lines.len(), 405);
    for line in &lines[..404] {
        complete(&serde_json::from_slice(line).unwrap());
    }
    let hostile: Value = serde_json::from_slice(lines[300]).unwrap();
    assert_eq!(hostile["message"], HOSTILE);
}
