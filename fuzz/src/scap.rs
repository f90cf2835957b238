//! Capture files.

use std::io::{self, Read};

use avouch_event::Item;
use avouch_scap::{Capture, Writer};

/// Hands out a few bytes at a time, so that every boundary is crossed.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(1 + self.0.len() % 61);
        self.0.read(&mut buf[..n])
    }
}

/// A capture read from memory and from a stream gives the same, and so does what was read when it is written and read
/// again.
pub fn scap(data: &[u8]) {
    let mut writer = Writer::new(Vec::new());
    let mut writable = true;
    let mut capture = Capture::from_slice(data);
    let (mut items, mut last_num) = (Vec::new(), 0);
    let end = loop {
        match capture.next() {
            Ok(Some(item)) => {
                if let Item::Event(e) = &item {
                    assert_eq!(e.num, last_num + 1, "numbers have no holes");
                    last_num = e.num;
                    assert!(e.ty.info().is_some(), "only known events come out");
                }
                // What the converted form makes too long for the format cannot be written.
                writable &= writer.write(&item).is_ok();
                items.push(describe(&item));
            }
            Ok(None) => break None,
            Err(e) => break Some(e.to_string()),
        }
    };
    let counts = *capture.counts();
    let lost = counts.dropped_by_conversion + counts.unknown_numbers + counts.not_decoded_total();
    assert_eq!(counts.events, counts.yielded + lost, "every event is accounted for");

    let mut streamed = Capture::from_reader(Trickle(data));
    let (again, stream_end) = read(&mut streamed);
    // How much a decompressor gives of corrupted data depends on how it is asked.
    if end.is_none() || !data.starts_with(&[0x1f, 0x8b]) {
        assert_eq!((again, stream_end), (items.len(), end));
        assert_eq!(*streamed.counts(), counts);
    }

    let Ok(bytes) = writer.finish() else { return };
    if writable && !items.is_empty() {
        let mut written = Capture::from_slice(&bytes);
        let mut want = items.iter();
        loop {
            match written.next() {
                Ok(Some(item)) => {
                    let got = describe(&item);
                    // A capture cut off in its metadata has no end of the snapshot; the one written has.
                    if matches!(item, Item::SnapshotEnd) && want.as_slice().is_empty() {
                        continue;
                    }
                    assert_eq!(Some(&got), want.next(), "reads back the same");
                }
                Ok(None) => break,
                Err(e) => panic!("what we wrote does not read: {e}"),
            }
        }
        assert_eq!(want.next(), None);
    }
}

fn read(capture: &mut Capture<'_>) -> (usize, Option<String>) {
    let mut n = 0;
    loop {
        match capture.next() {
            Ok(Some(_)) => n += 1,
            Ok(None) => return (n, None),
            Err(e) => return (n, Some(e.to_string())),
        }
    }
}

/// Everything an item says.
fn describe(item: &Item<'_>) -> String {
    let Item::Event(e) = item else { return format!("{item:?}") };
    let params: Vec<&[u8]> = (0..e.params.len()).map(|i| e.params.get(i).unwrap_or_default()).collect();
    format!("{} {} {} {} {:?} {} {params:?}", e.num, e.timestamp, e.tid, e.cpu, e.ty, e.hidden)
}
