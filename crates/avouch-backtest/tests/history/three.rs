//! Three values: they agree with the engine where all is known, and never claim what a live run did not see.

use avouch_backtest::{Conditions, Truth};
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, Sink};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::common::{findings_of, found, recording, rules, small};

fn map(value: &Json) -> Map<String, Json> {
    value.as_object().unwrap().clone()
}

fn truth(condition: &str, fields: &Json) -> Truth {
    let set = small(&[("r", condition, "o")]);
    let mut conditions = Conditions::new(&[("syscall", &set.loaded.rules[0].condition)]);
    conditions.show("syscall", &map(fields));
    conditions.truth(conditions.id(0).unwrap())
}

#[test]
fn what_was_not_recorded_is_unknown_and_decides_only_where_the_rest_does_not() {
    let sh = json!({"proc.name": "sh", "user.name": null, "proc.pid": 7});
    for (condition, wanted) in [
        ("proc.name = sh", Truth::True),
        ("proc.name != sh", Truth::False),
        ("proc.pname = sh", Truth::Unknown),
        ("not proc.pname = sh", Truth::Unknown),
        ("proc.name = sh and proc.pname = sh", Truth::Unknown),
        ("proc.name = bash and proc.pname = sh", Truth::False),
        ("proc.name = sh or proc.pname = sh", Truth::True),
        ("proc.name = bash or proc.pname = sh", Truth::Unknown),
        // Recorded as having no value: that is known.
        ("user.name = root", Truth::False),
        ("user.name != root", Truth::False),
        ("not user.name exists", Truth::True),
        ("user.loginname exists", Truth::Unknown),
        ("proc.pid >= 7 and proc.name in (sh, bash)", Truth::True),
        // Two sides, one unknown.
        ("proc.name = val(proc.pname)", Truth::Unknown),
        ("tolower(proc.name) = sh", Truth::True),
        // All ancestors are recorded as one text, which does not say what they were.
        ("proc.aname = sh", Truth::Unknown),
    ] {
        assert_eq!(truth(condition, &sh), wanted, "{condition}");
    }
    assert_eq!(truth("proc.aname = sh", &json!({"proc.aname": "sh bash"})), Truth::Unknown);
    assert_eq!(truth("proc.aname[2] = sh", &json!({"proc.aname[2]": "sh"})), Truth::True);
    assert_eq!(truth("evt.type = open and evt.num > 0", &json!({"evt.type": "open", "evt.num": 3})), Truth::True);
    assert_eq!(truth("evt.type in (openat, creat)", &json!({"evt.type": "open"})), Truth::False);
}

/// Of the conditions given: the truth of the first, given that the second holds.
fn given(asked: &str, held: &str, fields: &Json) -> Truth {
    let set = small(&[("a", asked, "o"), ("b", held, "o")]);
    let rules = &set.loaded.rules;
    let mut conditions = Conditions::new(&[("syscall", &rules[0].condition), ("syscall", &rules[1].condition)]);
    conditions.show("syscall", &map(fields));
    conditions.truth_given(conditions.id(0).unwrap(), conditions.id(1).unwrap())
}

#[test]
fn what_held_tells_of_its_parts() {
    let sh = json!({"proc.name": "sh"});
    let old = "evt.type in (open, openat) and fd.name startswith /etc and (proc.name = bash or user.name = root)";
    for (asked, wanted) in [
        (old.to_owned(), Truth::True),
        (format!("{old} and not proc.name in (sh)"), Truth::False),
        (format!("{old} and not proc.name in (cron)"), Truth::True),
        (format!("{old} and not proc.pname = cron"), Truth::Unknown),
        // The one part of the alternative that was not recorded must have held.
        ("user.name = root".to_owned(), Truth::True),
        ("user.name = eve".to_owned(), Truth::False),
        ("user.name in (root, eve)".to_owned(), Truth::True),
        ("user.name = root or proc.pname = x".to_owned(), Truth::True),
        ("evt.type in (open, openat, openat2)".to_owned(), Truth::True),
        ("evt.type = open".to_owned(), Truth::Unknown),
        ("evt.type = execve".to_owned(), Truth::False),
        ("fd.name startswith /etc/ssh".to_owned(), Truth::Unknown),
        ("not fd.name startswith /etc".to_owned(), Truth::False),
    ] {
        assert_eq!(given(&asked, old, &sh), wanted, "{asked}");
    }
    // Names of ports are other texts for the same numbers: nothing follows.
    assert_eq!(given("fd.sport = 22", "fd.sport = ssh", &json!({})), Truth::Unknown);
    // Where the record says otherwise, it counts: it was another rule then.
    assert_eq!(given("proc.pname = x", "proc.name = bash and proc.pname = x", &sh), Truth::Unknown);
}

/// A rule that made a finding is never said not to match by what the finding recorded, over all rules and detections of the recording.
#[test]
fn no_finding_of_the_recording_is_denied_by_its_own_rule() {
    let rules = rules();
    let given: Vec<(&str, _)> = rules.loaded.rules.iter().map(|r| (r.source.as_str(), &r.condition)).collect();
    let mut conditions = Conditions::new(&given);
    let facts = found(&rules, None);
    let (mut known, mut all) = (0, 0);
    for finding in findings_of(&facts) {
        let place = rules.loaded.rules.iter().position(|r| r.name == finding.rule).unwrap();
        let id = conditions.id(place).unwrap();
        conditions.show(&finding.source, &finding.fields);
        let truth = conditions.truth(id);
        assert_ne!(truth, Truth::False, "{} {}", finding.rule, Json::from(finding.fields.clone()));
        assert_eq!(conditions.truth_given(id, id), Truth::True);
        known += usize::from(truth == Truth::True);
        all += 1;
    }
    assert!(all > 50, "{all} findings");
    println!("{known} of {all} findings record all that their rule needs");
}

/// Where a detection records every field that a condition asks, what is said of the recorded fields is what the engine said of the event.
#[test]
fn fields_as_recorded_mean_what_they_meant_at_the_event() {
    const CONDITIONS: &[&str] = &[
        "proc.name startswith s",
        "proc.pname in (bash, sh, conmon, runc)",
        "proc.cmdline contains \" -\"",
        "proc.cmdline regex \".*[0-9]$\"",
        "proc.exepath glob \"/usr/*bin/*\"",
        "fd.name pmatch (/etc, /root, /usr/bin)",
        "fd.name exists",
        "fd.sport > 1024",
        "fd.sip = 127.0.0.1",
        "user.uid = 0",
        "user.name != root",
        "container.id = host",
        "container.privileged = true",
        "proc.tty != 0",
        "evt.type in (execve, openat, connect)",
        "evt.res = SUCCESS",
        "proc.is_exe_writable = true",
        "proc.aname[2] = bash",
        "evt.arg.flags contains O_WRONLY",
        "evt.rawres < 0",
        "evt.is_open_write = true",
        "proc.args icontains ETC",
        "proc.pid = val(proc.vpid)",
        "proc.cwd endswith /",
    ];
    // One rule that matches everything and records all of it, one more for each condition.
    let fields = "%proc.name %proc.pname %proc.cmdline %proc.exepath %fd.name %fd.sport %fd.sip %user.uid %user.name %container.id \
                  %container.privileged %proc.tty %evt.type %evt.res %proc.is_exe_writable %proc.aname[2] %evt.arg.flags %evt.rawres \
                  %evt.is_open_write %proc.args %proc.pid %proc.vpid %proc.cwd";
    let mut texts = vec![("all".to_owned(), "evt.num > 0".to_owned(), fields)];
    texts.extend(CONDITIONS.iter().map(|c| ((*c).to_owned(), (*c).to_owned(), "o")));
    let texts: Vec<(&str, &str, &str)> = texts.iter().map(|(n, c, o)| (n.as_str(), c.as_str(), *o)).collect();
    let set = small(&texts);
    let given: Vec<(&str, _)> = set.loaded.rules.iter().map(|r| ("syscall", &r.condition)).collect();
    let mut sink =
        Compare { conditions: Conditions::new(&given), fields: None, met: [[0; 2]; CONDITIONS.len()], unknown: 0 };
    let mut input = Input::open(&recording()).unwrap();
    Replay::new(&set, ReplayOptions::default()).run(&mut input, &mut sink).unwrap();
    sink.settle();
    let met: Vec<usize> = (0..CONDITIONS.len()).filter(|n| sink.met[*n].contains(&0)).collect();
    let one_sided: Vec<&str> = met.iter().map(|n| CONDITIONS[*n]).collect();
    assert!(
        one_sided.len() < 5,
        "nearly all conditions hold sometimes and do not at other times; not so {one_sided:?}"
    );
    println!("{} comparisons unknown", sink.unknown);

    struct Compare {
        conditions: Conditions,
        /// Fields of the event, and which conditions held.
        fields: Option<(Map<String, Json>, Vec<bool>)>,
        /// By condition, how often it was known not to hold, and to hold.
        met: [[u64; 2]; CONDITIONS.len()],
        unknown: u64,
    }

    impl Compare {
        fn settle(&mut self) {
            let Some((fields, held)) = self.fields.take() else { return };
            self.conditions.show("syscall", &fields);
            for (n, held) in held.into_iter().enumerate() {
                let id = self.conditions.id(n + 1).unwrap();
                match self.conditions.truth(id) {
                    Truth::Unknown => self.unknown += 1,
                    truth => {
                        assert_eq!(truth == Truth::True, held, "{} {}", CONDITIONS[n], Json::from(fields.clone()));
                        self.met[n][usize::from(held)] += 1;
                    }
                }
            }
        }
    }

    impl Sink for Compare {
        // All rules come in order for one event, the one that matches all first.
        fn detection(&mut self, detection: &Detection<'_>) {
            match CONDITIONS.iter().position(|c| *c == detection.rule.name) {
                None => {
                    self.settle();
                    self.fields = Some((detection.fields(), vec![false; CONDITIONS.len()]));
                }
                Some(n) => self.fields.as_mut().unwrap().1[n] = true,
            }
        }
    }
}

const NAMES: &[&str] = &["sh", "bash", "cron"];

fn test() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(NAMES);
    prop_oneof![
        (
            prop::sample::select(&["proc.name", "proc.pname", "user.name"][..]),
            prop::sample::select(&["=", "!=", "contains"][..]),
            name()
        )
            .prop_map(|(f, op, v)| format!("{f} {op} {v}")),
        (prop::sample::select(&["proc.name", "user.name"][..]), prop::collection::vec(name(), 1..3))
            .prop_map(|(f, v)| format!("{f} in ({})", v.join(", "))),
        (0..4u8).prop_map(|n| format!("proc.tty < {n}")),
        Just("user.name exists".to_owned()),
        Just("proc.name = val(proc.pname)".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    test().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|p| format!("({})", p.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|p| format!("({})", p.join(" or "))),
            inner.prop_map(|p| format!("not ({p})")),
        ]
    })
}

fn fields() -> impl Strategy<Value = Map<String, Json>> {
    let text = || prop_oneof![Just(Json::Null), prop::sample::select(NAMES).prop_map(|n| json!(n))];
    (text(), text(), text(), 0..4u8).prop_map(|(name, pname, user, tty)| {
        map(&json!({"proc.name": name, "proc.pname": pname, "user.name": user, "proc.tty": tty}))
    })
}

/// What the engine itself says of a condition as a whole, on an event of which these are the fields.
fn engine(set: &avouch_pipeline::RuleSet, fields: &Map<String, Json>) -> bool {
    use avouch_event::{Arena, FieldCatalog, FieldReader, FieldRef, Value, types};
    struct Reader(Vec<(FieldRef, Json)>);
    impl FieldReader for Reader {
        fn read<'e>(&'e self, field: &FieldRef, _: &'e Arena) -> Option<Value<'e>> {
            match &self.0.iter().find(|(f, _)| f == field)?.1 {
                Json::String(text) => Some(Value::Str(text.as_bytes())),
                Json::Number(n) => n.as_u64().map(Value::Uint),
                _ => None,
            }
        }
    }
    let (_, catalog) = avouch_pipeline::catalogs()[0];
    let catalog: &dyn FieldCatalog = catalog;
    let reader = Reader(fields.iter().map(|(k, v)| (catalog.resolve(k, None).unwrap(), v.clone())).collect());
    let program = set.compiled.program("syscall").unwrap();
    !program.judge(types::ASYNCEVENT_E, &reader, &Arena::new(), &mut avouch_engine::Scratch::new()).is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// With all fields known the answer is the engine's; with fewer it is the same or unknown; with what held given too.
    #[test]
    fn three_values_agree_with_the_engine(asked in condition(), held in condition(), all in fields(), keep in 0..16u8) {
        let set = small(&[("r", &asked, "o")]);
        let holds = engine(&set, &all);
        let expected = if holds { Truth::True } else { Truth::False };
        let old = small(&[("r", &held, "o")]);
        let mut conditions = Conditions::new(&[
            ("syscall", &set.loaded.rules[0].condition),
            ("syscall", &old.loaded.rules[0].condition),
        ]);
        let (id, held_id) = (conditions.id(0).unwrap(), conditions.id(1).unwrap());
        conditions.show("syscall", &all);
        prop_assert_eq!(conditions.truth(id), expected);

        let some: Map<String, Json> =
            all.iter().enumerate().filter(|(n, _)| keep >> n & 1 == 1).map(|(_, (k, v))| (k.clone(), v.clone())).collect();
        conditions.show("syscall", &some);
        let truth = conditions.truth(id);
        prop_assert!(truth == expected || truth == Truth::Unknown, "{:?} is {:?}", some, truth);
        if engine(&old, &all) {
            let truth = conditions.truth_given(id, held_id);
            prop_assert!(truth == expected || truth == Truth::Unknown, "{:?} is {:?} given", some, truth);
        }
    }
}
