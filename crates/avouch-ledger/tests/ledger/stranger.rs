//! A verifier written from `docs/LEDGER.md` alone: a JSON parser, SHA-256, and openssl for the signatures. It uses nothing of
//! the crates but to make a ledger.

use std::{collections::HashMap, fs, path::Path, process::Command};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::common::{at, draft, fill, open};

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    Sha256::digest(parts.concat()).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn root(entries: &[Vec<u8>]) -> Vec<u8> {
    match entries {
        [one] => hash(&[&[0], one]),
        many => {
            let mut half = 1;
            while half * 2 < many.len() {
                half *= 2;
            }
            hash(&[&[1], &root(&many[..half]), &root(&many[half..])])
        }
    }
}

fn signed(dir: &Path, name: &str, text: &[u8], signature: &str, key: &str) -> bool {
    let bytes: Vec<u8> = (0..64).map(|i| u8::from_str_radix(&signature[2 * i..2 * i + 2], 16).unwrap()).collect();
    let (message, sig) = (dir.join("message"), dir.join("sig"));
    fs::write(&message, [name.as_bytes(), b"\n", text].concat()).unwrap();
    fs::write(&sig, bytes).unwrap();
    let key = dir.join(format!("keys/{key}.pub"));
    let mut openssl = Command::new("openssl");
    openssl.args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"]).arg(key).arg("-in").arg(message);
    openssl.arg("-sigfile").arg(sig).output().expect("openssl is installed").status.success()
}

/// The steps of "To verify", without naming what is wrong.
fn intact(dir: &Path) -> bool {
    let heads = fs::read_to_string(dir.join("heads.jsonl")).unwrap();
    let mut heads = heads.lines().peekable();
    let (mut prev, mut prev_head) = ("0".repeat(64), "0".repeat(64));
    let (mut seq, mut key) = (0, String::new());
    let mut told: HashMap<String, u64> = HashMap::new();
    for segment in 1.. {
        let plain = dir.join(format!("segments/{segment:08}.jsonl"));
        let text = match fs::read(plain.with_added_extension("zst")) {
            Ok(packed) => zstd::decode_all(&packed[..]).unwrap(),
            Err(_) if plain.exists() => fs::read(plain).unwrap(),
            Err(_) => break,
        };
        let mut entries = Vec::new();
        for line in String::from_utf8(text).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let what = &record["what"];
            seq += 1;
            let last = told.entry(record["source"].to_string()).or_default();
            *last += 1;
            if record["seq"] != seq || record["prev"] != prev || record["source_seq"] != *last {
                return false;
            }
            match record["kind"].as_str().unwrap() {
                "ledger.created" => key = what["key"]["id"].as_str().unwrap().to_owned(),
                "ledger.source_gap" => {
                    let source = json!({"name": what["name"], "run": what["run"]}).to_string();
                    told.insert(source, what["last"].as_u64().unwrap());
                }
                "ledger.key_rotated" => {
                    let (new, ledger) = (&what["new"], record["source"]["run"].as_str().unwrap());
                    let text = format!("{ledger}\n{key}\n{}\n", new["public"].as_str().unwrap());
                    let sig = what["sig"].as_str().unwrap();
                    if what["old"] != key.as_str() || !signed(dir, "avouch-ledger-key-v1", text.as_bytes(), sig, &key) {
                        return false;
                    }
                    key = new["id"].as_str().unwrap().to_owned();
                }
                _ => {}
            }
            entries.push(hash(&[line.as_bytes()]));
            prev = hex(entries.last().unwrap());
            while let Some(line) =
                heads.next_if(|line| serde_json::from_str::<Value>(line).unwrap()["head"]["last_seq"] == seq)
            {
                let (text, sig) = line.strip_prefix(r#"{"head":"#).unwrap().split_once(r#","sig":""#).unwrap();
                let head: Value = serde_json::from_str(text).unwrap();
                let good = head["prev_head"] == prev_head
                    && head["last_hash"] == prev
                    && head["segment"] == segment
                    && head["first_seq"] == seq + 1 - entries.len() as u64
                    && head["merkle_root"] == hex(&root(&entries))
                    && head["key"] == key
                    && signed(dir, "avouch-ledger-head-v1", text.as_bytes(), &sig[..128], &key);
                if !good {
                    return false;
                }
                prev_head = hex(&hash(&[line.as_bytes()]));
            }
        }
    }
    heads.next().is_none()
}

#[test]
fn a_verifier_written_from_the_document_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    fill(&mut ledger, 5);
    ledger.append(avouch_ledger::Draft { source_seq: Some(4), ..draft("node-2", json!({"a": "ü\n\u{1}"})) }).unwrap();
    ledger.checkpoint(at(1)).unwrap();
    ledger.seal(at(2)).unwrap();
    ledger.rotate_key(at(3)).unwrap();
    fill(&mut ledger, 6);
    ledger.seal(at(4)).unwrap();
    fill(&mut ledger, 1);
    ledger.close(at(5)).unwrap();
    assert!(intact(dir.path()));

    let path = dir.path().join("segments/00000003.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"n\":0", "\"n\":1")).unwrap();
    assert!(!intact(dir.path()));
}
