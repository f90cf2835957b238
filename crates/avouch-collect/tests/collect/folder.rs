use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use avouch_collect::{Ack, CollectError, FolderOptions, FolderWatch, Round};

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1_795_675_882 * SECOND;

/// A folder beside its state.
struct Watched {
    dir: tempfile::TempDir,
    watch: Option<FolderWatch>,
    /// Name, content, changed, whole.
    got: Vec<(String, Vec<u8>, bool, bool)>,
}

impl Watched {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        Self { dir, watch: None, got: Vec::new() }
    }

    fn options(&self) -> FolderOptions {
        FolderOptions::new(self.dir.path().join("in"), self.dir.path().join("state.json"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("in").join(name)
    }

    /// Writes a file that was last written `ago` seconds before [`NOW`].
    fn write(&self, name: &str, content: &[u8], ago: u64) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        touch(&path, NOW / SECOND - ago);
    }

    fn poll(&mut self, seconds: u64) -> Round {
        self.poll_until(seconds, usize::MAX).unwrap()
    }

    fn poll_until(&mut self, seconds: u64, most: usize) -> Result<Round, CollectError> {
        let mut watch = match self.watch.take() {
            Some(watch) => watch,
            None => FolderWatch::open(self.options())?,
        };
        let (end, got) = (self.got.len().saturating_add(most), &mut self.got);
        let round = watch.poll(NOW + seconds * SECOND, &mut |file| {
            if got.len() == end {
                return Ack::Later;
            }
            got.push((file.name.to_owned(), file.bytes.to_vec(), file.changed, file.whole));
            Ack::Safe
        });
        self.watch = Some(watch);
        round
    }

    /// The process ends; what it held in memory is gone.
    fn restart(&mut self) {
        self.watch = None;
    }

    fn names(&self) -> Vec<&str> {
        self.got.iter().map(|(name, ..)| name.as_str()).collect()
    }
}

fn touch(path: &Path, second: u64) {
    File::options().write(true).open(path).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(second)).unwrap();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

const RECORDS: &[u8] = br#"{"Records":[]}"#;

#[test]
fn files_come_once_the_oldest_first() {
    let mut w = Watched::new();
    w.write("b.json", RECORDS, 100);
    w.write("AWSLogs/1/2026/c.json.gz", &gzip(RECORDS), 300);
    w.write("a.json", RECORDS, 200);
    w.write("a.txt", RECORDS, 200);
    std::os::unix::fs::symlink(w.path("a.json"), w.path("link.json")).unwrap();
    let round = w.poll(0);
    assert_eq!((round.delivered, round.ignored, round.complete), (3, 2, true), "{round:?}");
    assert_eq!(w.names(), ["AWSLogs/1/2026/c.json.gz", "a.json", "b.json"]);
    assert_eq!(w.got[0].1, gzip(RECORDS), "gzip is not undone");
    assert_eq!(w.poll(10).delivered, 0);
    w.restart();
    assert_eq!(w.poll(20).delivered, 0, "the state says so");
}

#[test]
fn what_was_not_safe_comes_again() {
    let mut w = Watched::new();
    for n in 0..5 {
        w.write(&format!("{n}.json"), RECORDS, 100 - n);
    }
    let round = w.poll_until(0, 2).unwrap();
    assert_eq!((round.delivered, round.complete), (2, false));
    w.restart();
    w.poll(1);
    assert_eq!(w.names(), ["0.json", "1.json", "2.json", "3.json", "4.json"]);
    // Without its state everything comes again: at least once.
    w.restart();
    fs::remove_file(w.dir.path().join("state.json")).unwrap();
    assert_eq!(w.poll(2).delivered, 5);
}

#[test]
fn a_file_that_is_written_to_is_waited_for() {
    let mut w = Watched::new();
    let write = |w: &Watched, content: &[u8], at: u64| {
        w.write("a.json", content, 0);
        touch(&w.path("a.json"), NOW / SECOND + at);
    };
    write(&w, br#"{"Rec"#, 0);
    assert_eq!(w.poll(0).waiting, 1, "just written");
    write(&w, br#"{"Records":[{"#, 1);
    assert_eq!(w.poll(1).waiting, 1, "it grew");
    assert_eq!(w.poll(20).waiting, 1, "it rests, but it is not complete");
    write(&w, RECORDS, 30);
    assert_eq!(w.poll(30).waiting, 1, "just written");
    assert_eq!(w.poll(31).delivered, 1, "it looks the same twice");
    assert_eq!(w.got, [("a.json".to_owned(), RECORDS.to_vec(), false, true)]);
}

#[test]
fn a_file_that_stays_incomplete_comes_as_it_is() {
    let mut w = Watched::new();
    let cut = &gzip(&RECORDS.repeat(100))[..30];
    w.write("a.json.gz", cut, 1_000);
    assert_eq!(w.poll(0).waiting, 1);
    assert_eq!(w.poll(599).waiting, 1);
    assert_eq!(w.poll(600).delivered, 1);
    assert_eq!(w.got, [("a.json.gz".to_owned(), cut.to_vec(), false, false)]);
    // Its end comes after all.
    w.write("a.json.gz", &gzip(&RECORDS.repeat(100)), 0);
    w.poll(700);
    let (_, bytes, changed, whole) = &w.got[1];
    assert!(*bytes == gzip(&RECORDS.repeat(100)) && *changed && *whole);
}

#[test]
fn another_content_comes_again_another_time_does_not() {
    let mut w = Watched::new();
    w.write("a.json", b"[1]", 500);
    w.poll(0);
    touch(&w.path("a.json"), NOW / SECOND - 400);
    assert_eq!(w.poll(1).delivered, 0);
    w.write("a.json", b"[2]", 300);
    let round = w.poll(2);
    assert_eq!((round.delivered, round.changed), (1, 1));
    assert_eq!(w.got[1], ("a.json".to_owned(), b"[2]".to_vec(), true, true));
}

#[test]
fn a_share_that_was_away_does_not_come_all_over_again() {
    let mut w = Watched::new();
    w.write("a.json", RECORDS, 500);
    w.poll(0);
    let (inside, aside) = (w.dir.path().join("in"), w.dir.path().join("aside"));
    fs::rename(&inside, &aside).unwrap();
    assert!(matches!(w.poll_until(10, 9), Err(CollectError::Io { what: "list", .. })), "no folder is not an empty one");
    fs::create_dir(&inside).unwrap();
    assert_eq!(w.poll(20).delivered, 0);
    fs::remove_dir(&inside).unwrap();
    fs::rename(&aside, &inside).unwrap();
    w.restart();
    assert_eq!(w.poll(30).delivered, 0);
    // What is gone for a week is forgotten.
    fs::rename(w.path("a.json"), &aside).unwrap();
    w.poll(40);
    w.poll(41 + 7 * 86_400);
    assert_eq!(fs::read_to_string(w.dir.path().join("state.json")).unwrap(), "{}");
}

#[test]
fn what_is_refused_is_told() {
    let mut w = Watched::new();
    let options = FolderOptions { file_bytes: 20, files: 2, ..w.options() };
    w.watch = Some(FolderWatch::open(options).unwrap());
    w.write("large.json", &b"[ ".repeat(20), 500);
    for n in 0..3 {
        w.write(&format!("{n}.json"), RECORDS, 100 - n);
    }
    let round = w.poll(0);
    assert_eq!((round.delivered, round.refused), (2, 2));
    assert!(round.problems[0].contains("large.json") && round.problems[1].contains("2.json"), "{round:?}");
}

#[test]
fn a_damaged_state_is_an_error() {
    let mut w = Watched::new();
    fs::write(w.dir.path().join("state.json"), "{\"a").unwrap();
    assert!(matches!(w.poll_until(0, 9), Err(CollectError::State { .. })));
}
