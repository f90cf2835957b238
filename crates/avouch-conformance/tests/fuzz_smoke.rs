//! The fuzz targets on stable: the committed seeds and a fixed set of mutations of each. The long runs are
//! `fuzz/run.sh`'s.

#![allow(clippy::expect_used, reason = "a test")]

use std::fs;

use avouch_conformance::workspace_root;

#[path = "../../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "a library in its own workspace")]
mod targets;

/// Mutations of each seed; a second or two a target without optimisation.
const MUTATIONS: usize = 400;

/// Deterministic numbers (xorshift64), so that a failure repeats.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `n`; 0 when there is none.
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).unwrap_or(0)
    }
}

/// A few changes of the kinds that break parsers: flipped bits, odd numbers, cuts, repeats, swapped pieces of another seed.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], n: &mut Numbers) {
    for _ in 0..1 + n.below(4) {
        let at = n.below(bytes.len());
        let len = n.below(24).min(bytes.len() - at);
        match n.below(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << n.below(8),
            1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'(', b'\n'][n.below(8)],
            2 => bytes.truncate(at),
            3 => {
                let piece = bytes[at..at + len].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => drop(bytes.drain(at..at + len)),
            5 => {
                let from = n.below(other.len());
                let piece = other[from..(from + 24).min(other.len())].to_vec();
                bytes.splice(at..at + len, piece);
            }
            _ => {
                let word = [0_u32, 1, 0x7fff_ffff, 0xffff_ffff, 0x0001_0000, 65_535][n.below(6)].to_le_bytes();
                let end = (at + 4).min(bytes.len());
                bytes.splice(at..end, word);
            }
        }
    }
}

fn run(target: &str, function: fn(&[u8])) {
    let folder = workspace_root().join("fuzz/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).expect("seeds").map(|e| e.expect("seed").path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|p| fs::read(p).expect("seed")).collect();
    assert!(!seeds.is_empty());
    function(b"");
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for (i, seed) in seeds.iter().enumerate() {
        function(seed);
        for _ in 0..MUTATIONS {
            let mut bytes = seed.clone();
            mutate(&mut bytes, &seeds[(i + 1) % seeds.len()], &mut numbers);
            function(&bytes);
        }
    }
}

#[test]
fn scap() {
    run("scap", targets::scap);
}

#[test]
fn state() {
    run("scap", targets::state);
}

#[test]
fn rules() {
    run("rules", targets::rules);
}

#[test]
fn condition() {
    run("condition", targets::condition);
}

#[test]
fn k8s_audit() {
    run("k8s_audit", targets::k8s_audit);
}

#[test]
fn cloudtrail() {
    run("cloudtrail", targets::cloudtrail);
}

#[test]
fn procfs() {
    run("procfs", targets::procfs);
}

#[test]
fn integrity() {
    run("integrity", targets::integrity);
}

#[test]
fn ring() {
    run("ring", targets::ring);
}

#[test]
fn policy() {
    run("policy", targets::policy);
}

#[test]
fn ledger() {
    run("ledger", targets::ledger);
}

#[test]
fn exhibit() {
    run("exhibit", targets::exhibit);
}

#[test]
fn batch() {
    run("batch", targets::batch);
}

#[test]
fn rule_set() {
    run("rule_set", targets::rule_set);
}

#[test]
fn stamp() {
    run("stamp", targets::stamp);
}

#[test]
fn controls() {
    run("controls", targets::controls);
}

#[test]
fn inspect() {
    run("inspect", targets::inspect);
}

#[test]
fn runtime() {
    run("runtime", targets::runtime);
}

/// A seed that is refused at its first byte would let mutations of it find nothing.
#[test]
fn seeds_of_runtimes_are_answers() {
    use avouch_runtime::{Answerer, Pod, from_answer};
    let seed =
        |name: &str| fs::read(workspace_root().join("fuzz/seeds/runtime").join(name)).expect("seed").split_off(1);
    let answers = [
        ("oci_bundle", Answerer::OciBundle, "/srv/data"),
        ("containerd", Answerer::Containerd, "nginx:1.22"),
        ("cri_container", Answerer::CriContainer, "/srv/data"),
        ("cri_sandbox", Answerer::CriSandbox, "10.0.0.7"),
    ];
    for (name, answerer, holds) in answers {
        let text =
            from_answer(answerer, targets::CONTAINER, &seed(name)).unwrap_or_else(|| panic!("{name} is no answer"));
        assert!(text.contains(holds), "{name}: {text}");
        assert_eq!(from_answer(answerer, "another", &seed(name)).is_some(), answerer == Answerer::OciBundle, "{name}");
    }
    let pod = Pod::from_json(&seed("pod")).expect("a pod");
    assert_eq!((pod.name.as_str(), pod.containers.len()), ("web-0", 1));
}
