//! Where the queue stands: which segments hold what, what was acknowledged, what must be told of losses. The writer and the sender share
//! it behind a lock; files are read and removed under it, and written and synced outside of it.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use avouch_finding::Time;
use serde::{Deserialize, Serialize};

use super::SpoolError;
use super::entry::{Entries, Next};
use super::files::{Lane, Name, failed, read_small, write_small};
use super::lost::Lost;
use crate::wire::Sender;

const ACKED: &str = "acked";

/// How far the server has the facts of a run. A run that is not named has nothing acknowledged: what is sent again is dropped there.
#[derive(Default, Serialize, Deserialize)]
struct Acked {
    run: String,
    seq: u64,
}

/// A segment, as far as it is safe.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    /// Bytes that may be read.
    pub(super) bytes: u64,
    /// Number of its last entry.
    pub(super) last: u64,
    /// Entries that wait.
    pub(super) waiting: u64,
    /// Where the first of them begins.
    pub(super) offset: u64,
    /// Number of the first of them, or less.
    pub(super) first: u64,
    /// Nothing is added any more.
    pub(super) sealed: bool,
    /// What is added is not read any more: something before cannot be made out.
    pub(super) broken: bool,
}

#[derive(Debug)]
pub(super) struct Run {
    pub(super) ordinal: u64,
    pub(super) sender: Sender,
    /// Last number that the server has.
    pub(super) acked: u64,
    /// Last number that is safe here.
    pub(super) last: u64,
    /// By [`Lane`].
    pub(super) lanes: [VecDeque<Segment>; 2],
}

impl Run {
    pub(super) fn new(ordinal: u64, sender: Sender) -> Self {
        Self { ordinal, sender, acked: 0, last: 0, lanes: [VecDeque::new(), VecDeque::new()] }
    }

    pub(super) fn waits(&self) -> bool {
        self.lanes.iter().flatten().any(|segment| segment.waiting > 0)
    }
}

/// A segment that goes.
pub(super) struct Victim {
    run: usize,
    pub(super) lane: Lane,
    at: usize,
    /// It is written to at the moment.
    pub(super) open: bool,
}

#[derive(Debug)]
pub(super) struct Queue {
    dir: PathBuf,
    /// The oldest first; the last is the one that is written.
    pub(super) runs: VecDeque<Run>,
    /// Bytes of all segments.
    pub(super) bytes: u64,
    pub(super) waiting: u64,
    /// Facts dropped since this was opened.
    pub(super) dropped: u64,
    /// What is being sent: the run, the first and the last number.
    pub(super) in_flight: Option<(u64, u64, u64)>,
    pub(super) lost: Lost,
    /// Files to be removed once a fact says what was in them.
    pub(super) condemned: Vec<PathBuf>,
    /// Nothing is added any more.
    pub(super) closed: bool,
}

impl Queue {
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            runs: VecDeque::new(),
            bytes: 0,
            waiting: 0,
            dropped: 0,
            in_flight: None,
            lost: Lost::default(),
            condemned: Vec::new(),
            closed: false,
        }
    }

    /// Adds a segment that an earlier life left.
    pub(super) fn found(&mut self, name: Name, sender: Sender, segment: Segment) {
        if self.runs.back().is_none_or(|run| run.ordinal != name.run) {
            self.runs.push_back(Run::new(name.run, sender));
        }
        if let Some(run) = self.runs.back_mut() {
            run.last = run.last.max(segment.last);
            self.bytes += segment.bytes;
            self.waiting += segment.waiting;
            run.lanes[name.lane as usize].push_back(segment);
        }
    }

    /// Takes over what is known of acknowledgements.
    pub(super) fn load_acked(&mut self) -> Result<(), SpoolError> {
        let bytes = read_small(&self.dir.join(ACKED))?.unwrap_or_default();
        let acked: Acked = serde_json::from_slice(&bytes).unwrap_or_default();
        match self.runs.iter().position(|run| run.sender.run == acked.run) {
            Some(at) => self.forget(at, acked.seq),
            None => Ok(()),
        }
    }

    /// Entries of the run that is written are safe: so many more, with the last of these numbers, up to `bytes` of the segment.
    pub(super) fn publish(&mut self, lane: Lane, number: u64, bytes: u64, numbers: (u64, u64), entries: u64) {
        let Some(run) = self.runs.back_mut() else { return };
        let row = &mut run.lanes[lane as usize];
        if row.back().is_none_or(|s| s.number != number) {
            let (first, last) = numbers;
            row.push_back(Segment {
                number,
                bytes: 0,
                last,
                waiting: 0,
                offset: 0,
                first,
                sealed: false,
                broken: false,
            });
        }
        let Some(segment) = row.back_mut() else { return };
        self.bytes += bytes - segment.bytes;
        (segment.bytes, segment.last) = (bytes, numbers.1);
        run.last = run.last.max(numbers.1);
        if segment.broken {
            self.lost.unreadable(entries, Time(0));
            self.dropped += entries;
        } else {
            segment.waiting += entries;
            self.waiting += entries;
        }
    }

    /// Nothing is added to the open segment any more.
    pub(super) fn seal(&mut self, lane: Lane) -> Result<(), SpoolError> {
        let Some(run) = self.runs.back_mut() else { return Ok(()) };
        if let Some(segment) = run.lanes[lane as usize].back_mut() {
            segment.sealed = true;
        }
        let (at, acked) = (self.runs.len() - 1, self.runs.back().map_or(0, |run| run.acked));
        self.forget(at, acked)
    }

    /// The oldest run that has something to send; earlier ones go. `None` when nothing waits.
    pub(super) fn front(&mut self) -> Result<Option<&Run>, SpoolError> {
        while self.runs.len() > 1 && self.runs.front().is_some_and(|run| !run.waits()) {
            let Some(run) = self.runs.pop_front() else { break };
            // What is left of it was sent, or could not be read and is counted.
            for (lane, segment) in Lane::ALL.into_iter().flat_map(|l| run.lanes[l as usize].iter().map(move |s| (l, s)))
            {
                self.bytes -= segment.bytes;
                remove(&Name { run: run.ordinal, lane, number: segment.number }.path(&self.dir))?;
            }
        }
        Ok(self.runs.front().filter(|run| run.waits()))
    }

    /// Reads the next entry of a row of the oldest run, see [`Row`].
    pub(super) fn row(&self, lane: Lane) -> Row {
        Row { dir: self.dir.clone(), lane, at: 0, file: None, given: 0, payload: Vec::new() }
    }

    /// The server has all facts of the run up to `seq`. Returns how many of those that waited that are.
    pub(super) fn acknowledge(&mut self, ordinal: u64, seq: u64) -> Result<u64, SpoolError> {
        let Some(at) = self.runs.iter().position(|run| run.ordinal == ordinal) else { return Ok(0) };
        let run = &mut self.runs[at];
        if seq <= run.acked {
            return Ok(0);
        }
        let acked = Acked { run: run.sender.run.clone(), seq: seq.min(run.last) };
        let bytes = serde_json::to_vec(&acked).unwrap_or_default();
        // When this is lost, facts are told again, and dropped there.
        write_small(&self.dir.join(ACKED), &bytes, false)?;
        let before = self.waiting;
        self.forget(at, acked.seq)?;
        Ok(before - self.waiting)
    }

    /// Drops what was acknowledged from the rows, and removes segments that are done with.
    fn forget(&mut self, at: usize, seq: u64) -> Result<(), SpoolError> {
        let Some(run) = self.runs.get_mut(at) else { return Ok(()) };
        run.acked = run.acked.max(seq);
        let (acked, ordinal) = (run.acked, run.ordinal);
        for lane in Lane::ALL {
            let row = &mut run.lanes[lane as usize];
            while let Some(segment) = row.front_mut() {
                let name = Name { run: ordinal, lane, number: segment.number };
                if segment.last > acked {
                    let left = pass(&self.dir, name, segment, acked)?;
                    self.waiting -= segment.waiting - left;
                    segment.waiting = left;
                    break;
                }
                self.waiting -= segment.waiting;
                (segment.waiting, segment.offset) = (0, segment.bytes);
                if !segment.sealed {
                    break;
                }
                self.bytes -= segment.bytes;
                row.pop_front();
                remove(&name.path(&self.dir))?;
            }
        }
        Ok(())
    }

    /// What goes when there is no room: the oldest activity, then the oldest of the rest; what is being sent only when there is
    /// nothing else.
    pub(super) fn choose(&self) -> Option<Victim> {
        let mut best: Option<(bool, Victim)> = None;
        for lane in Lane::ALL {
            for (at_run, run) in self.runs.iter().enumerate() {
                for (at, segment) in run.lanes[lane as usize].iter().enumerate().filter(|(_, s)| s.bytes > 0) {
                    let sent = self.in_flight.is_some_and(|(ordinal, first, last)| {
                        ordinal == run.ordinal && segment.first <= last && segment.last >= first
                    });
                    let victim = Victim { run: at_run, lane, at, open: !segment.sealed };
                    if !sent {
                        return Some(victim);
                    }
                    best.get_or_insert((sent, victim));
                }
            }
        }
        best.map(|(_, victim)| victim)
    }

    /// Drops a segment. Its file stays under another name until [`Queue::condemned`] is done with.
    pub(super) fn drop_segment(&mut self, victim: &Victim) -> Result<(), SpoolError> {
        let Some(run) = self.runs.get_mut(victim.run) else { return Ok(()) };
        let (ordinal, acked) = (run.ordinal, run.acked);
        let Some(segment) = run.lanes[victim.lane as usize].remove(victim.at) else { return Ok(()) };
        self.bytes -= segment.bytes;
        self.waiting -= segment.waiting;
        let name = Name { run: ordinal, lane: victim.lane, number: segment.number };
        let (path, dropped) = (name.path(&self.dir), name.dropped(&self.dir));
        fs::rename(&path, &dropped).map_err(failed("rename", &path))?;
        let read = count_lost(&dropped, acked, &mut self.lost)?;
        // What cannot be read of it is gone all the same.
        self.lost.unreadable(segment.waiting.saturating_sub(read), Time(0));
        self.dropped += segment.waiting;
        self.condemned.push(dropped);
        Ok(())
    }

    /// A fact cannot be put into the queue.
    pub(super) fn refuse(&mut self, kind: &str, time: Time) {
        self.lost.unfit(kind, time);
        self.dropped += 1;
    }

    /// Entries of a segment of the oldest run cannot be read any more, but for the first `whole` that wait.
    fn broken(&mut self, lane: Lane, at: usize, whole: u64) {
        let Some(segment) = self.runs.front_mut().and_then(|run| run.lanes[lane as usize].get_mut(at)) else { return };
        let gone = segment.waiting.saturating_sub(whole);
        segment.broken = true;
        segment.waiting -= gone;
        self.waiting -= gone;
        self.dropped += gone;
        self.lost.unreadable(gone, Time(0));
    }
}

/// Removes a file; one that is gone already is no error.
pub(super) fn remove(path: &Path) -> Result<(), SpoolError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn open_at(path: &Path, offset: u64) -> Result<BufReader<File>, SpoolError> {
    let mut file = File::open(path).map_err(failed("open", path))?;
    file.seek(SeekFrom::Start(offset)).map_err(failed("read", path))?;
    Ok(BufReader::with_capacity(64 << 10, file))
}

/// Moves the begin of a segment behind number `acked`; returns how many entries wait after it.
fn pass(dir: &Path, name: Name, segment: &mut Segment, acked: u64) -> Result<u64, SpoolError> {
    let path = name.path(dir);
    let mut entries = Entries::new(open_at(&path, segment.offset)?, segment.bytes - segment.offset);
    let (mut payload, mut passed, mut read) = (Vec::new(), 0, 0);
    loop {
        match entries.next(&mut payload).map_err(failed("read", &path))? {
            Next::Entry { seq, .. } if seq > acked => {
                segment.first = seq;
                break;
            }
            // The entry of a new segment that says whose it is has number 0.
            Next::Entry { seq, .. } => (passed, read) = (passed + u64::from(seq > 0), entries.read),
            Next::End | Next::Broken => break,
        }
    }
    segment.offset += read;
    Ok(segment.waiting.saturating_sub(passed))
}

/// Adds what a dropped file holds after number `acked`; returns how many could be read.
pub(super) fn count_lost(path: &Path, acked: u64, lost: &mut Lost) -> Result<u64, SpoolError> {
    let bytes = fs::metadata(path).map_err(failed("read", path))?.len();
    let mut entries = Entries::new(open_at(path, 0)?, bytes);
    let (mut payload, mut read) = (Vec::new(), 0);
    while let Next::Entry { seq, at } = entries.next(&mut payload).map_err(failed("read", path))? {
        if seq > acked {
            lost.add(&payload, Time(at));
            read += 1;
        }
    }
    Ok(read)
}

/// Reads the entries of one row of the oldest run in order, over the ends of segments.
pub(super) struct Row {
    dir: PathBuf,
    lane: Lane,
    /// Which segment of the row.
    at: usize,
    file: Option<Entries<BufReader<File>>>,
    /// Entries read from this segment.
    given: u64,
    pub(super) payload: Vec<u8>,
}

impl Row {
    /// The next entry's number and time; its payload is in [`Row::payload`].
    pub(super) fn next(&mut self, queue: &mut Queue) -> Result<Option<(u64, u64)>, SpoolError> {
        loop {
            let Some(run) = queue.runs.front() else { return Ok(None) };
            let (ordinal, acked) = (run.ordinal, run.acked);
            let Some(segment) = run.lanes[self.lane as usize].get(self.at) else { return Ok(None) };
            let path = Name { run: ordinal, lane: self.lane, number: segment.number }.path(&self.dir);
            if self.given >= segment.waiting {
                (self.at, self.file, self.given) = (self.at + 1, None, 0);
                continue;
            }
            if self.file.is_none() {
                let bytes = segment.bytes - segment.offset;
                self.file = Some(Entries::new(open_at(&path, segment.offset)?, bytes));
            }
            let Some(entries) = &mut self.file else { return Ok(None) };
            match entries.next(&mut self.payload).map_err(failed("read", &path))? {
                Next::Entry { seq, .. } if seq <= acked => {}
                Next::Entry { seq, at } => {
                    self.given += 1;
                    return Ok(Some((seq, at)));
                }
                Next::End | Next::Broken => queue.broken(self.lane, self.at, self.given),
            }
        }
    }
}
