//! Reads files of records as events, one at a time.

use std::io::{self, BufRead, BufReader, Read};

use avouch_event::{EventBuf, types};
use flate2::bufread::MultiGzDecoder;

use crate::json::{self, JsonError, Kind, Node};
use crate::limits::Limits;
use crate::source::Format;
use crate::split::{Broken, Piece, Place, Splitter};
use crate::{cloudtrail, k8s};

/// Why something in a file is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The bytes start no JSON object or array.
    #[error("not JSON")]
    NotJson,
    /// A record that is no JSON.
    #[error("not JSON: {0}")]
    BadJson(JsonError),
    /// The file ends inside the record.
    #[error("the file ends inside a record")]
    Truncated,
    /// Over [`Limits::record_bytes`].
    #[error("the record is longer than the limit")]
    TooLong,
    /// JSON, but neither a Kubernetes audit event nor a CloudTrail record (or not of the format asked for).
    #[error("neither a Kubernetes audit event nor a CloudTrail record")]
    Unrecognized,
    /// A record without a key that every one has.
    #[error("`{0}` is missing or no text")]
    Missing(&'static str),
    /// A time that is not RFC 3339.
    #[error("`{0}` is no time")]
    NoTime(&'static str),
}

/// Something that is no event, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// Where it starts.
    pub place: Place,
    /// What is wrong.
    pub reason: Reason,
    /// Bytes passed over because of it.
    pub bytes: u64,
}

impl std::fmt::Display for BadRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { record, line, offset } = self.place;
        write!(f, "record {record} (line {line}, byte {offset}): {}", self.reason)
    }
}

/// What the next record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An event; it stands in the buffer that was handed in.
    Event(Format),
    /// A record that is skipped on purpose: a CloudTrail Insights event, a statistic over calls.
    Insight(Place),
    /// Something that is no event. Reading goes on after it.
    Bad(BadRecord),
}

/// Reading failed; what came before was given out.
#[derive(Debug, thiserror::Error)]
#[error("failed to read records at byte {offset}")]
pub struct ReadError {
    /// Bytes (after decompression) read so far.
    pub offset: u64,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// What a file held, for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Events of Kubernetes audit.
    pub k8s_audit: u64,
    /// Events of CloudTrail.
    pub cloudtrail: u64,
    /// CloudTrail Insights events, skipped.
    pub insights: u64,
    /// Things that were no event.
    pub bad: u64,
    /// Bytes passed over because of them.
    pub bad_bytes: u64,
    /// Bytes read, after decompression.
    pub bytes: u64,
}

/// Reads records: JSON lines, arrays, pretty-printed objects, `EventList`s, `Records` files, plain or gzip, in memory of
/// one record.
///
/// ```
/// use avouch_audit::{Limits, Records, Step};
/// use avouch_event::{EventBuf, types};
///
/// let log = br#"{"kind":"Event","auditID":"1","stageTimestamp":"2026-11-23T13:13:53.95Z","verb":"list"}
/// {"kind":"Event","auditID"
/// {"kind":"Event","auditID":"3","stageTimestamp":"2026-11-23T13:13:54Z"}"#;
/// let mut records = Records::new(&log[..], Limits::default());
/// let mut event = EventBuf::new(types::PLUGINEVENT_E);
/// let mut steps = Vec::new();
/// while let Some(step) = records.next(&mut event)? {
///     steps.push(match step {
///         Step::Event(_) => event.num.to_string(),
///         Step::Bad(bad) => bad.to_string(),
///         Step::Insight(_) => "insight".to_owned(),
///     });
/// }
/// assert_eq!(steps[0], "1");
/// assert_eq!(steps[1], "record 2 (line 2, byte 88): not JSON: a bracket where none may stand at byte 26");
/// assert_eq!(steps[2], "2");
/// # Ok::<(), avouch_audit::ReadError>(())
/// ```
pub struct Records<R: Read> {
    splitter: Splitter<Input<R>>,
    limits: Limits,
    only: Option<Format>,
    next_num: u64,
    counts: RecordCounts,
}

impl<R: Read> Records<R> {
    /// Reads from `input`, which is decompressed if it starts as gzip (one or several members) does.
    pub fn new(input: R, limits: Limits) -> Self {
        Self {
            splitter: Splitter::new(Input::new(input, limits.file_bytes), limits),
            limits,
            only: None,
            next_num: 1,
            counts: RecordCounts::default(),
        }
    }

    /// Takes only records of `format`; others are bad. Without, every record is told by its own keys.
    #[must_use]
    pub fn only(mut self, format: Format) -> Self {
        self.only = Some(format);
        self
    }

    /// Number of the next event (`evt.num`), 1 at first: set it when one run reads several files.
    #[must_use]
    pub fn numbered_from(mut self, num: u64) -> Self {
        self.next_num = num;
        self
    }

    /// What was read so far.
    #[must_use]
    pub fn counts(&self) -> RecordCounts {
        let bad_bytes = self.counts.bad_bytes + self.splitter.leftovers();
        RecordCounts { bytes: self.splitter.bytes(), bad_bytes, ..self.counts }
    }

    /// The next step, or `None` at the end; an event is put into `out`.
    ///
    /// # Errors
    /// When the input cannot be read, is damaged gzip or goes beyond [`Limits::file_bytes`]. After that comes the end.
    pub fn next(&mut self, out: &mut EventBuf) -> Result<Option<Step>, ReadError> {
        loop {
            let piece = self.splitter.next().map_err(|source| ReadError { offset: self.splitter.bytes(), source })?;
            let place = match piece {
                None => return Ok(None),
                Some(Piece::Broken(place, why, bytes)) => {
                    let reason = match why {
                        Broken::Truncated => Reason::Truncated,
                        Broken::TooLong => Reason::TooLong,
                        Broken::NotJson => Reason::NotJson,
                        Broken::Outline(what, offset) => {
                            Reason::BadJson(JsonError { offset: usize::try_from(offset).unwrap_or(usize::MAX), what })
                        }
                    };
                    return Ok(Some(self.bad(place, reason, bytes)));
                }
                Some(Piece::Record(place)) => place,
            };
            let bytes = self.splitter.record();
            let len = bytes.len() as u64;
            match judge(bytes, self.only, self.limits) {
                Ok(Judged::Event(format, timestamp)) => {
                    out.clear(types::PLUGINEVENT_E);
                    out.push_u32(format.source().plugin_id()).push(bytes);
                    (out.num, out.timestamp, out.tid, out.cpu, out.hidden) = (self.next_num, timestamp, -1, 0, false);
                    self.next_num += 1;
                    self.splitter.accept();
                    match format {
                        Format::K8sAudit => self.counts.k8s_audit += 1,
                        Format::CloudTrail => self.counts.cloudtrail += 1,
                    }
                    return Ok(Some(Step::Event(format)));
                }
                Ok(Judged::Insight) => {
                    self.splitter.accept();
                    self.counts.insights += 1;
                    return Ok(Some(Step::Insight(place)));
                }
                Ok(Judged::Nothing) => self.splitter.accept(),
                // Parts of something broken that was reported are no records of their own.
                Err(Reason::Unrecognized) if self.splitter.may_be_leftover() => self.splitter.leave(),
                Err(reason) => {
                    let bytes = match reason {
                        Reason::BadJson(_) => self.splitter.reject(false),
                        Reason::Unrecognized => self.splitter.reject(true),
                        _ => len,
                    };
                    return Ok(Some(self.bad(place, reason, bytes)));
                }
            }
        }
    }

    fn bad(&mut self, place: Place, reason: Reason, bytes: u64) -> Step {
        self.counts.bad += 1;
        self.counts.bad_bytes += bytes;
        Step::Bad(BadRecord { place, reason, bytes })
    }
}

/// What one record's bytes are.
enum Judged {
    Event(Format, u64),
    Insight,
    /// A list without items.
    Nothing,
}

fn judge(bytes: &[u8], only: Option<Format>, limits: Limits) -> Result<Judged, Reason> {
    let record = json::parse_first_level(bytes, limits.json).map_err(Reason::BadJson)?;
    if is_empty_list(&record) {
        return Ok(Judged::Nothing);
    }
    let may_be = |format| only.is_none_or(|o| o == format);
    if may_be(Format::K8sAudit) && k8s::claims(&record) {
        return Ok(Judged::Event(Format::K8sAudit, k8s::check(&record)?));
    }
    if may_be(Format::CloudTrail) && cloudtrail::claims(&record) {
        return if cloudtrail::is_insight(&record) {
            Ok(Judged::Insight)
        } else {
            Ok(Judged::Event(Format::CloudTrail, cloudtrail::check(&record)?))
        };
    }
    Err(Reason::Unrecognized)
}

/// Whether it is a wrapper whose array of records is `null`.
fn is_empty_list(record: &Node<'_>) -> bool {
    ["items", "Records"].iter().any(|k| record.get(k).is_some_and(|n| n.kind == Kind::Null))
}

/// The input, decompressed where it is gzip, with a bound on its bytes.
struct Input<R: Read> {
    form: Form<R>,
    /// Bytes that may still come.
    left: u64,
}

enum Form<R: Read> {
    /// Nothing read yet; empty once reading has begun or failed.
    Unread(Option<R>),
    Plain(BufReader<R>),
    Gzip(Box<BufReader<MultiGzDecoder<BufReader<R>>>>),
}

const CHUNK: usize = 64 * 1024;

impl<R: Read> Input<R> {
    fn new(input: R, limit: u64) -> Self {
        Self { form: Form::Unread(Some(input)), left: limit }
    }

    /// Looks at the first byte: no JSON starts as gzip does.
    fn open(&mut self) -> io::Result<()> {
        if let Form::Unread(input) = &mut self.form
            && let Some(input) = input.take()
        {
            let mut input = BufReader::with_capacity(CHUNK, input);
            let gzip = loop {
                match input.fill_buf() {
                    Ok(head) => break head.first() == Some(&0x1f),
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            };
            self.form = if gzip {
                Form::Gzip(Box::new(BufReader::with_capacity(CHUNK, MultiGzDecoder::new(input))))
            } else {
                Form::Plain(input)
            };
        }
        Ok(())
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let len = self.fill_buf()?.read(space)?;
        self.consume(len);
        Ok(len)
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.open()?;
        let bytes = match &mut self.form {
            Form::Unread(_) => return Ok(&[]),
            Form::Plain(input) => input.fill_buf()?,
            Form::Gzip(input) => input.fill_buf()?,
        };
        if bytes.len() as u64 > self.left {
            return Err(io::Error::other("the file is larger than the limit"));
        }
        Ok(bytes)
    }

    fn consume(&mut self, len: usize) {
        match &mut self.form {
            Form::Unread(_) => {}
            Form::Plain(input) => input.consume(len),
            Form::Gzip(input) => input.consume(len),
        }
        self.left = self.left.saturating_sub(len as u64);
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
