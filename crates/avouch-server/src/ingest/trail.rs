//! CloudTrail's files, from a folder or a bucket: a thread each that looks now and then and hands what is new to the judge.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use avouch_audit::Format;
use avouch_collect::{Ack, Arrived, BucketOptions, BucketPoll, CollectError, FolderOptions, FolderWatch, Round, Waits};
use avouch_pipeline::live::audit::AuditSource;
use tokio_util::sync::CancellationToken;

use super::audit::{AuditDesk, Parcel};
use crate::Clock;
use crate::error::chain;

/// How often a folder is looked at.
const FOLDER: Duration = Duration::from_secs(5);
/// How often a bucket is listed.
const BUCKET: Duration = Duration::from_secs(60);
/// How often it is looked whether the server is to end.
const NAP: Duration = Duration::from_millis(200);

/// Where CloudTrail's files come to.
#[derive(Clone, Debug)]
pub enum Trail {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket.
    Bucket(Box<BucketOptions>),
}

enum Collector {
    Folder(FolderWatch),
    Bucket(Box<BucketPoll>),
}

/// Where the `n`th trail remembers what it read.
pub(crate) fn state_file(own: &std::path::Path, n: usize) -> PathBuf {
    own.join(format!("trail-{n}.json"))
}

/// Starts collecting; the thread ends soon after `stopping`.
///
/// # Errors
/// When its state cannot be read or the thread not be started.
pub(crate) fn start(
    trail: Trail,
    state: PathBuf,
    desk: AuditDesk,
    clock: Clock,
    stopping: CancellationToken,
) -> Result<JoinHandle<()>, CollectError> {
    let (every, collector) = match trail {
        Trail::Folder(folder) => {
            (FOLDER, Collector::Folder(FolderWatch::open(FolderOptions::new(folder, state.clone()))?))
        }
        Trail::Bucket(options) => {
            let options = BucketOptions { state: state.clone(), ..*options };
            (BUCKET, Collector::Bucket(Box::new(BucketPoll::open(options)?)))
        }
    };
    let run = move || collect(collector, every, &desk, &clock, &stopping);
    let started = std::thread::Builder::new().name("trail".to_owned()).spawn(run);
    started.map_err(|source| CollectError::Io { what: "start a thread for", path: state, source })
}

fn collect(mut collector: Collector, every: Duration, desk: &AuditDesk, clock: &Clock, stopping: &CancellationToken) {
    let source = || AuditSource { node: String::new(), cluster: String::new(), format: Format::CloudTrail };
    let mut failing = false;
    while !stopping.is_cancelled() {
        let mut take = |file: &Arrived<'_>| {
            if stopping.is_cancelled() {
                return Ack::Later;
            }
            let parcel = Parcel {
                name: file.name.to_owned(),
                bytes: file.bytes.to_vec(),
                signature: file.signature.map(str::to_owned),
            };
            match desk.take_blocking(source(), parcel) {
                Ok(taken) => {
                    taken.problems.iter().for_each(crate::log::complain);
                    Ack::Safe
                }
                Err(error) => {
                    crate::log::complain(&format!("`{}` waits: {}", file.name, chain(&error)));
                    Ack::Later
                }
            }
        };
        let looked = match &mut collector {
            Collector::Folder(watch) => watch.poll(clock().0, &mut take),
            Collector::Bucket(poll) => {
                let waits = Waits { now: &|| clock().0, sleep: &|time| nap(time, stopping) };
                poll.poll(waits, &mut take)
            }
        };
        match looked {
            Ok(round) => {
                say(&round);
                if round.refused > 0 {
                    desk.turned_away(source(), "files that are too large or too many", round.refused);
                }
                if std::mem::take(&mut failing) {
                    desk.fault(source(), None);
                }
            }
            Err(error) => {
                let text = chain(&error);
                crate::log::complain(&text);
                desk.fault(source(), Some(text));
                failing = true;
            }
        }
        nap(every, stopping);
    }
}

fn say(round: &Round) {
    round.problems.iter().for_each(crate::log::complain);
}

/// Waits, unless the server is to end.
fn nap(time: Duration, stopping: &CancellationToken) {
    let until = Instant::now() + time;
    while !stopping.is_cancelled() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(NAP));
    }
}
