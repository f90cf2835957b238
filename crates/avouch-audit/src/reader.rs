//! Reads fields of one record.

use avouch_event::{Arena, Event, FieldReader, FieldRef, Value};

use crate::fields::{At, SourceFields};
use crate::json::{self, JsonLimits, Node};
use crate::source::Source;

/// What a field needs to know of the run, beyond its event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run<'a> {
    /// Time of the run's first event, ns since the epoch (`evt.reltime`).
    pub first_timestamp: u64,
    /// Seconds that local time is ahead of UTC (`evt.time`, `evt.datetime`).
    pub utc_offset: i32,
    /// Name of the machine; empty when unknown (`evt.hostname`).
    pub hostname: &'a [u8],
}

/// One record, parsed once, and its fields.
///
/// ```
/// use avouch_audit::{JsonReader, Run, Source, SourceFields};
/// use avouch_event::{Arena, EventBuf, FieldCatalog, FieldReader, Value, types};
///
/// let mut buf = EventBuf::new(types::PLUGINEVENT_E);
/// buf.push_u32(Source::K8sAudit.plugin_id()).push(br#"{"auditID":"x","user":{"username":"alice"}}"#);
/// let event = buf.event();
/// let reader = JsonReader::new(&event, Run::default()).ok_or("no record")?;
/// let name = SourceFields::of(Source::K8sAudit).resolve("ka.user.name", None).map_err(|_| "no field")?;
/// assert_eq!(reader.read(&name, &Arena::new()), Some(Value::Str(b"alice")));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug)]
pub struct JsonReader<'a> {
    pub(crate) source: Source,
    pub(crate) event: Event<'a>,
    pub(crate) run: Run<'a>,
    /// `None` when the data is no JSON, as some plugins' is.
    pub(crate) doc: Option<Node<'a>>,
}

impl<'a> JsonReader<'a> {
    /// A reader over `event`, or `None` when it is not an event of a known plugin. Data that is no JSON, or goes beyond
    /// the default limits, leaves all fields but `evt.*` absent.
    #[must_use]
    pub fn new(event: &Event<'a>, run: Run<'a>) -> Option<Self> {
        let source = Source::of(event)?;
        let doc = event.params.get(1).and_then(|data| json::parse(data, JsonLimits::default()).ok());
        Some(Self { source, event: *event, run, doc })
    }

    /// The source of the event.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> Option<&Node<'a>> {
        self.doc.as_ref()
    }
}

impl FieldReader for JsonReader<'_> {
    fn read<'e>(&'e self, field: &FieldRef, arena: &'e Arena) -> Option<Value<'e>> {
        SourceFields::of(self.source).read(&At { reader: self, field, arena })
    }
}
