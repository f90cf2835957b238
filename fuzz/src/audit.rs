//! Kubernetes audit logs and CloudTrail files.

use avouch_audit::{Format, JsonReader, Limits, Records, Run, SourceFields, Step};
use avouch_event::{Arena, EventBuf, FieldCatalog, FieldReader, types};

/// Kubernetes audit logs: JSON lines, arrays, lists.
pub fn k8s_audit(data: &[u8]) {
    records(data, Format::K8sAudit);
}

/// CloudTrail: `Records` files, JSON lines.
pub fn cloudtrail(data: &[u8]) {
    records(data, Format::CloudTrail);
}

/// Everything is an event or counted, and every field of every event can be read.
fn records(data: &[u8], format: Format) {
    let fields = SourceFields::of(format.source());
    // Fields that take an argument are read with none, with an index and with a pointer into the record.
    let args = [None, Some("0"), Some("/user/username")];
    let all: Vec<_> =
        fields.fields().iter().flat_map(|f| args.iter().filter_map(|a| fields.resolve(f.name, *a).ok())).collect();
    let mut records = Records::new(data, Limits::default()).only(format);
    let mut event = EventBuf::new(types::PLUGINEVENT_E);
    let (mut events, mut bad) = (0, 0);
    while let Ok(Some(step)) = records.next(&mut event) {
        match step {
            Step::Event(_) => {
                events += 1;
                let e = event.event();
                assert_eq!(e.num, events, "numbers have no holes");
                let Some(reader) = JsonReader::new(&e, Run::default()) else { panic!("an event is of its plugin") };
                let arena = Arena::new();
                for field in &all {
                    reader.read(field, &arena);
                }
            }
            Step::Bad(_) => bad += 1,
            Step::Insight(_) => {}
        }
    }
    let counts = records.counts();
    assert_eq!((counts.k8s_audit + counts.cloudtrail, counts.bad), (events, bad), "everything is accounted for");
}
