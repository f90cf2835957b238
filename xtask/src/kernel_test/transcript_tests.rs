use super::*;

fn read(text: &str) -> Transcript {
    let mut transcript = Transcript::default();
    for line in text.lines() {
        transcript.line(line, |program| program == "hooks");
    }
    transcript
}

fn outcomes(transcript: &Transcript) -> Vec<(&str, &Outcome)> {
    transcript.rows().iter().map(|row| (row.test.as_str(), &row.outcome)).collect()
}

const HEAD: &str = "@guest start hooks\n\nrunning 3 tests\n";

#[test]
fn passed_failed_skipped_and_ignored_are_four_outcomes() {
    let transcript = read(&format!(
        "{HEAD}test a ... ok\ntest b ... SKIP b: no LSM here\nok\ntest c ... \nthread 'c' panicked at x.rs:1:1:\nFAILED\n\
         test d ... ignored, takes long\n\nfailures:\n\ntest result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured\n\
         @guest exit hooks 101\n@guest end"
    ));
    assert_eq!(
        outcomes(&transcript),
        [
            ("a", &Outcome::Passed),
            ("b", &Outcome::Skipped("no LSM here".to_owned())),
            ("c", &Outcome::Failed("thread 'c' panicked at x.rs:1:1:".to_owned())),
            ("d", &Outcome::Skipped("ignored: takes long".to_owned())),
        ]
    );
}

#[test]
fn output_of_a_test_is_not_taken_for_a_result() {
    let transcript = read(&format!(
        "{HEAD}test a ... the test looks at ... something\nnot ok\nok\n\
         test result: ok. 1 passed; 0 failed; 0 ignored\n@guest exit hooks 0"
    ));
    assert_eq!(outcomes(&transcript), [("a", &Outcome::Passed)]);
}

#[test]
fn a_closing_line_that_disagrees_fails_the_program() {
    // A child of the test printed a line `ok` of its own.
    let transcript = read(&format!(
        "{HEAD}test a ... \nok\nFAILED\ntest result: FAILED. 0 passed; 1 failed; 0 ignored\n@guest exit hooks 101"
    ));
    let program = transcript.rows().last().unwrap();
    assert_eq!(program.test, "");
    assert!(matches!(&program.outcome, Outcome::Failed(why) if why.contains("0 passed, 1 failed")), "{program:?}");
}

#[test]
fn a_program_cut_off_by_its_limit_names_the_test_that_hung() {
    let transcript = read(&format!("{HEAD}test a ... ok\ntest b ... \nwaits\n@guest exit hooks 143"));
    let rows = outcomes(&transcript);
    assert_eq!(rows[0], ("a", &Outcome::Passed));
    assert_eq!(rows[1], ("b", &Outcome::Failed("ended by its time limit, or by a signal\nwaits".to_owned())));
    assert!(matches!(rows[2], ("", Outcome::Failed(why)) if why.contains("no closing line")));
}

#[test]
fn a_guest_that_goes_away_fails_what_ran() {
    let mut transcript = read(&format!("{HEAD}test a ... "));
    transcript.gone("the guest's kernel panicked");
    assert!(transcript.rows().iter().all(|row| matches!(row.outcome, Outcome::Failed(_))));
    assert_eq!(transcript.rows().len(), 2);
}

#[test]
fn names_may_be_padded_and_messages_may_come_last() {
    let transcript = read(&format!(
        "{HEAD}test a     ... ok\ntest longer ... FAILED\n\nfailures:\n\n---- longer ----\ntest panicked: 1 != 2\n\n\n\
         failures:\n    longer\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored\n@guest exit hooks 101"
    ));
    let failed = Outcome::Failed("test panicked: 1 != 2".to_owned());
    assert_eq!(outcomes(&transcript), [("a", &Outcome::Passed), ("longer", &failed)]);
}

#[test]
fn tests_skipped_before_they_began_are_skipped() {
    let transcript = read("@guest start hooks\nSKIP a: not root\nSKIP b: not root\n@guest exit hooks 0");
    let skipped = Outcome::Skipped("not root".to_owned());
    assert_eq!(outcomes(&transcript), [("a", &skipped), ("b", &skipped)]);
    let transcript = read("@guest start hooks\nSKIP a: not root\n@guest exit hooks 1");
    assert!(matches!(&transcript.rows().last().unwrap().outcome, Outcome::Failed(why) if why.contains("exit code 1")));
}

#[test]
fn no_test_at_all_is_a_failure() {
    let transcript = read(
        "@guest start hooks\nrunning 0 tests\ntest result: ok. 0 passed; 0 failed; 0 ignored\n@guest exit hooks 0",
    );
    assert_eq!(outcomes(&transcript), [("", &Outcome::Failed("it ran no test".to_owned()))]);
}

#[test]
fn another_program_counts_by_its_exit_code() {
    let transcript = read("@guest start sh\nhello\n@guest exit sh 0\n@guest start sh\nbad\n@guest exit sh 3");
    assert_eq!(outcomes(&transcript), [("", &Outcome::Passed), ("", &Outcome::Failed("exit code 3\nbad".to_owned()))]);
}

#[test]
fn steps_of_the_guest_are_told() {
    let mut transcript = Transcript::default();
    let mut step = |line| transcript.line(line, |_| false);
    assert_eq!(step("@guest up 6.1.0-56-cloud-amd64"), Some(Step::Up("6.1.0-56-cloud-amd64".to_owned())));
    assert_eq!(step("@guest note insmod x failed"), Some(Step::Note("insmod x failed".to_owned())));
    assert_eq!(step("@guest start sh"), Some(Step::Started("sh".to_owned())));
    assert_eq!(step("some output"), None);
    assert_eq!(step("@guest exit sh 0"), Some(Step::Exited));
    assert_eq!(step("@guest end"), Some(Step::Ended));
}
