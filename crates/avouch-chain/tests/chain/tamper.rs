//! Every way to change a ledger, on every record of a small one, is found and named.

use crate::common::{Memory, small, trust, verify};
use avouch_chain::{Fault, RecordRef, Report, Verdict};

/// Segment and place of each record; record `seq` is at index `seq - 1`.
fn places(memory: &Memory) -> Vec<(usize, usize)> {
    let lines = |(s, lines): (usize, &Vec<Vec<u8>>)| (0..lines.len()).map(move |at| (s, at)).collect::<Vec<_>>();
    memory.segments.iter().enumerate().flat_map(lines).collect()
}

#[track_caller]
fn found(report: &Report, faults: &[Fault], seqs: &[u64]) {
    assert_eq!(report.verdict, Verdict::Failed, "{report:#?}");
    let first = &report.problems[0];
    assert!(faults.contains(&first.fault), "{faults:?} {seqs:?} {:#?}", report.problems);
    let range = first.seq.unwrap()..=first.to_seq.unwrap_or(first.seq.unwrap());
    assert!(seqs.iter().any(|seq| range.contains(seq)), "{seqs:?} {:#?}", report.problems);
}

#[test]
fn what_was_not_changed_is_intact() {
    let report = verify(&small(), &trust());
    assert_eq!(report.verdict, Verdict::Intact, "{report:#?}");
    assert_eq!((report.records, report.first_seq, report.last_seq), (21, Some(1), Some(21)));
    assert_eq!((report.segments, report.heads, report.signed_to, report.trusted_to), (3, 6, Some(21), Some(21)));
    assert_eq!(report.sources.iter().map(|s| (&*s.name, s.last)).collect::<Vec<_>>(), [("a", 9), ("b", 9)]);
    assert_eq!(report.warnings, []);
}

#[test]
fn every_changed_byte_of_every_record_is_found() {
    let memory = small();
    for (i, (s, at)) in places(&memory).into_iter().enumerate() {
        for byte in 0..memory.segments[s][at].len() {
            let mut changed = memory.clone();
            changed.segments[s][at][byte] ^= 1;
            let report = verify(&changed, &trust());
            assert_eq!(report.verdict, Verdict::Failed, "record {} byte {byte}", i + 1);
        }
    }
}

#[test]
fn an_edited_fact_is_named_exactly_where_a_record_follows() {
    let memory = small();
    for (i, (s, at)) in places(&memory).into_iter().enumerate() {
        let seq = i as u64 + 1;
        let line = &memory.segments[s][at];
        // Inside the fact, inside the link, inside the time: the last of the ledger has only the head after it.
        let inside = |part: &str| line.windows(part.len()).position(|w| w == part.as_bytes()).unwrap() + part.len();
        for byte in [inside("\"prev\":\""), inside("\"time\":\""), line.len() - 3] {
            let mut changed = memory.clone();
            changed.segments[s][at][byte] ^= 1;
            let report = verify(&changed, &trust());
            let faults = [Fault::Edited, Fault::Malformed];
            found(&report, &faults, &[seq]);
            if seq != 21 && report.problems[0].fault == Fault::Edited {
                assert_eq!(report.problems[0].to_seq.unwrap_or(seq), seq, "{seq} {byte} {:#?}", report.problems);
                assert_eq!(report.first_bad(), Some(seq), "{:#?}", report.problems);
            }
        }
    }
}

#[test]
fn an_edited_number_is_found_at_its_record() {
    let memory = small();
    for (i, (s, at)) in places(&memory).into_iter().enumerate() {
        let seq = i as u64 + 1;
        for other in [seq + 1, seq + 2, seq + 50, seq.saturating_sub(1), seq.saturating_sub(3)] {
            let mut changed = memory.clone();
            let text = String::from_utf8(changed.segments[s][at].clone()).unwrap();
            let text = text.replacen(&format!(",\"seq\":{seq},"), &format!(",\"seq\":{other},"), 1);
            changed.segments[s][at] = text.into_bytes();
            let report = verify(&changed, &trust());
            assert_eq!(report.verdict, Verdict::Failed);
            // Its own number, or the one it now has.
            let named = report.first_bad().unwrap();
            assert!(named == seq || named == other, "{seq} as {other}: {:#?}", report.problems);
        }
    }
}

#[test]
fn every_deleted_record_is_named() {
    let memory = small();
    for (i, (s, at)) in places(&memory).into_iter().enumerate() {
        let mut changed = memory.clone();
        changed.segments[s].remove(at);
        found(&verify(&changed, &trust()), &[Fault::Deleted, Fault::CutTail], &[i as u64 + 1]);
    }
}

#[test]
fn deleted_ranges_are_named_from_end_to_end() {
    let memory = small();
    let places = places(&memory);
    for first in 1..places.len() {
        let mut changed = memory.clone();
        for (s, at) in places[first..(first + 4).min(places.len())].iter().rev() {
            changed.segments[*s].remove(*at);
        }
        let report = verify(&changed, &trust());
        found(&report, &[Fault::Deleted, Fault::CutTail], &[first as u64 + 1]);
        assert_eq!(report.problems[0].to_seq, Some((first as u64 + 4).min(21)), "{:#?}", report.problems);
    }
}

#[test]
fn every_doubled_record_is_named() {
    let memory = small();
    for (i, (s, at)) in places(&memory).into_iter().enumerate() {
        for to in [at, at + 1, memory.segments[s].len()] {
            let mut changed = memory.clone();
            let line = changed.segments[s][at].clone();
            changed.segments[s].insert(to, line);
            found(&verify(&changed, &trust()), &[Fault::Inserted], &[i as u64 + 1]);
        }
    }
}

#[test]
fn every_record_that_was_put_in_is_named() {
    let memory = small();
    for (i, (s, at)) in places(&memory).into_iter().enumerate() {
        let seq = i as u64 + 1;
        let original = String::from_utf8(memory.segments[s][at].clone()).unwrap();
        // The same number with another fact, well linked to the one before, or not.
        let fact = original.replacen("\"what\":{", "\"what\":{\"a\":1,", 1);
        let prev = RecordRef::parse(original.as_bytes()).unwrap().prev.to_string();
        let unlinked = original.replacen(&prev, &"ab".repeat(32), 1);
        for (forged, to) in [(&fact, at), (&fact, at + 1), (&unlinked, at), (&unlinked, at + 1)] {
            let mut changed = memory.clone();
            changed.segments[s].insert(to, forged.clone().into_bytes());
            let report = verify(&changed, &trust());
            found(&report, &[Fault::Inserted], &[seq]);
        }
    }
}

#[test]
fn every_swap_is_named() {
    let memory = small();
    let places = places(&memory);
    for i in 0..places.len() {
        for j in i + 1..places.len() {
            let mut changed = memory.clone();
            let ((si, ai), (sj, aj)) = (places[i], places[j]);
            let line = changed.segments[si][ai].clone();
            changed.segments[si][ai] = std::mem::replace(&mut changed.segments[sj][aj], line);
            let report = verify(&changed, &trust());
            assert_eq!(report.verdict, Verdict::Failed);
            let (i, j) = (i as u64 + 1, j as u64 + 1);
            let named = report.problems.iter().find(|p| p.fault == Fault::Reordered);
            let seq = named.unwrap_or_else(|| panic!("{i} {j} {:#?}", report.problems)).seq.unwrap();
            assert!(seq == i || seq == j, "{i} {j} {:#?}", report.problems);
            let first = report.first_bad().unwrap();
            assert!(first == i || first == j, "{i} {j} {:#?}", report.problems);
        }
    }
}

#[test]
fn every_record_that_was_moved_is_named() {
    let memory = small();
    let places = places(&memory);
    for (i, from) in places.iter().enumerate() {
        for (j, to) in places.iter().enumerate() {
            if i.abs_diff(j) < 2 {
                continue;
            }
            let mut changed = memory.clone();
            let line = changed.segments[from.0].remove(from.1);
            let at = to.1.min(changed.segments[to.0].len());
            changed.segments[to.0].insert(at, line);
            let report = verify(&changed, &trust());
            assert_eq!(report.problems[0].fault, Fault::Reordered, "{i} {j} {:#?}", report.problems);
            // Without the one that is named, the others stand in order.
            let named = report.problems[0].seq.unwrap();
            let seqs = changed.segments.iter().flatten().map(|line| RecordRef::parse(line).unwrap().seq);
            assert!(seqs.filter(|seq| *seq != named).is_sorted(), "{i} {j} {:#?}", report.problems);
        }
    }
}

#[test]
fn every_cut_tail_is_named() {
    let memory = small();
    let places = places(&memory);
    for (keep, (s, at)) in places.into_iter().enumerate().skip(1) {
        let mut changed = memory.clone();
        changed.segments.truncate(s + 1);
        changed.segments[s].truncate(at);
        if at == 0 {
            changed.segments.truncate(s);
        }
        let report = verify(&changed, &trust());
        found(&report, &[Fault::CutTail], &[keep as u64 + 1]);
        assert_eq!(report.problems.len(), 1);
        assert_eq!(report.problems[0].to_seq, Some(21));
    }
}

#[test]
fn a_garbage_line_is_named_and_hides_nothing() {
    let memory = small();
    for (i, (s, at)) in places(&memory).into_iter().enumerate() {
        for line in [&b""[..], b"{}", b"\xff\xfe", &[b'x'; 5000]] {
            let mut changed = memory.clone();
            changed.segments[s].insert(at, line.to_vec());
            let report = verify(&changed, &trust());
            found(&report, &[Fault::Malformed], &[i as u64 + 1]);
            assert_eq!((report.problems.len(), report.records), (1, 21), "{:#?}", report.problems);
            changed.segments[s][at + 1] = line.to_vec();
            let report = verify(&changed, &trust());
            found(&report, &[Fault::Malformed], &[i as u64 + 1]);
        }
    }
}
