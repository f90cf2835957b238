//! The texts: canonical JSON, times, records. Expected values come from RFC 8785, from `date -u`, and from a few lines of
//! Python for the Merkle tree.

use avouch_chain::{
    Digest, Head, PublicKey, RecordRef, SecretKey, SignedHead, Time, Tree, write_canonical, write_line,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn canonical(value: &Value) -> String {
    let mut out = Vec::new();
    write_canonical(&mut out, value).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample_of_rfc_8785() {
    // The numbers by the compiler: serde_json without its exact reading is one unit off on the first.
    #[expect(clippy::excessive_precision, reason = "as in the RFC")]
    let numbers = [333_333_333.333_333_29, 1e30, 4.50, 2e-3, 0.000_000_000_000_000_000_000_000_001];
    let value = json!({
        "numbers": numbers,
        "string": "\u{20ac}$\u{f}\nA'\u{42}\u{22}\u{5c}\\\"/",
        "literals": [null, true, false]
    });
    let expected = concat!(
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
        r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    assert_eq!(canonical(&value), expected);
}

#[test]
fn keys_stand_in_the_order_of_utf_16() {
    let value = json!({"\u{20ac}": 5, "\r": 1, "\u{fb33}": 7, "1": 2, "\u{1f600}": 6, "\u{80}": 3, "\u{f6}": 4});
    let expected = "{\"\\r\":1,\"1\":2,\"\u{80}\":3,\"\u{f6}\":4,\"\u{20ac}\":5,\"\u{1f600}\":6,\"\u{fb33}\":7}";
    assert_eq!(canonical(&value), expected);
}

#[test]
fn numbers_as_in_appendix_b_of_rfc_8785() {
    let samples = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, expected) in samples {
        assert_eq!(canonical(&json!(f64::from_bits(bits))), expected);
    }
}

#[test]
fn integers_that_a_double_may_change_become_texts() {
    let safe = 9_007_199_254_740_991_i64;
    assert_eq!(canonical(&json!([safe, -safe])), format!("[{safe},-{safe}]"));
    assert_eq!(
        canonical(&json!([safe + 1, -safe - 1, u64::MAX, i64::MIN])),
        r#"["9007199254740992","-9007199254740992","18446744073709551615","-9223372036854775808"]"#
    );
}

#[test]
fn texts_are_escaped_as_serde_json_does_wherever_a_byte_stands() {
    let chars = (0..=0x100).filter_map(char::from_u32).chain(['\u{2028}', '\u{ffff}', '\u{1f600}']);
    for c in chars {
        for (before, after) in (0..18).flat_map(|before| (0..10).map(move |after| (before, after))) {
            let text = format!("{}{c}{}{c}", "a".repeat(before), "\u{e9}".repeat(after));
            assert_eq!(canonical(&json!(text)), serde_json::to_string(&text).unwrap());
        }
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(canonical(&nested(120)).len(), 241);
    assert!(write_canonical(&mut Vec::new(), &nested(121)).is_err());
}

#[test]
fn times_have_one_text() {
    let known = [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
        (1_709_164_800_999_999_999, "2024-02-29T00:00:00.999999999Z"),
        (1_735_689_599_000_000_000, "2024-12-31T23:59:59.000000000Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
        (18_446_744_073_709_551_615, "2554-07-21T23:34:33.709551615Z"),
    ];
    for (ns, text) in known {
        assert_eq!((Time(ns).to_string().as_str(), Time::parse(text.as_bytes())), (text, Some(Time(ns))));
    }
    for bad in [
        "2024-02-30T00:00:00.000000000Z",
        "2023-02-29T00:00:00.000000000Z",
        "2024-13-01T00:00:00.000000000Z",
        "2024-00-01T00:00:00.000000000Z",
        "2024-01-00T00:00:00.000000000Z",
        "2024-01-01T24:00:00.000000000Z",
        "2024-01-01T00:60:00.000000000Z",
        "2024-01-01T00:00:60.000000000Z",
        "2024-01-01t00:00:00.000000000Z",
        "2024-01-01T00:00:00.000000000z",
        "2024-01-01T00:00:00.00000000Z",
        "2024-01-01T00:00:00Z",
        "1969-12-31T23:59:59.000000000Z",
        "2554-07-21T23:34:33.709551616Z",
        "2554-12-31T00:00:00.000000000Z",
        "",
    ] {
        assert_eq!(Time::parse(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn the_roots_of_small_trees() {
    let known = [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "13a77175e35eb1d9da91ee14df0d7772cea71289800206e2b45c882ecb06efbf"),
        (2, "bbb441530bdded54e6e2bfcdc829819ff39b30768eb9f023071dffc16b410f10"),
        (3, "8be871f13785b4c81a1700459c76ac2b3ae2caebb7876c376e223c6adff98c47"),
        (5, "4e23fb40d8876f1299cca9b3c28432a01b11d1a20126606914612892ff2e09a7"),
        (7, "5653c4ab2514ccd6ea4f0159702d2aba901f2562aa75abcff5a19e344bee038f"),
        (8, "da17ac5d45a1b0c50260c7e411bf342ba2a41c9c824bb3b6404e5330a585a057"),
        (13, "5f3077640cbbda5a01d5c99d332bbb243cf3633ce1e9be673863cb0508081941"),
    ];
    for (count, root) in known {
        let mut tree = Tree::default();
        (0..count).for_each(|n: u32| tree.push(Digest::of(n.to_string().as_bytes())));
        assert_eq!(tree.root().to_string(), root, "{count}");
    }
}

#[test]
fn a_public_key_is_read_back_from_both_of_its_texts() {
    let key = SecretKey::from_seed([3; 32]).public();
    assert_eq!((PublicKey::from_pem(&key.to_pem()), PublicKey::from_hex(&key.to_hex())), (Some(key), Some(key)));
    assert!(key.to_pem().starts_with("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA"));
    // The neutral element: any signature over anything would do.
    let weak = format!("01{}", "00".repeat(31));
    assert_eq!(PublicKey::from_hex(&weak), None);
    assert_eq!(PublicKey::from_hex(&key.to_hex().to_uppercase()), None);
}

#[test]
fn a_secret_key_is_not_printed() {
    let text = format!("{:?}", SecretKey::from_seed([0xab; 32])).to_lowercase();
    assert!(!text.contains("abab") && !text.contains("171, 171"), "{text}");
}

fn name() -> impl Strategy<Value = String> {
    "[ -!#-\\[\\]-~äß€😀]{1,40}"
}

proptest! {
    #[test]
    fn a_line_is_read_as_it_was_written(
        kind in "[a-z0-9_.-]{1,64}", prev: [u8; 32], source in name(), run in name(), time: u64,
        redacted in 0..1u64 << 53, seq in 0..1u64 << 53, source_seq in 0..1u64 << 53, text: String,
    ) {
        let body = canonical(&json!({ "text": text }));
        let record = RecordRef {
            kind: &kind, prev: Digest(prev), redacted, seq, source: &source, run: &run, source_seq, time: Time(time),
            body: &body,
        };
        let mut line = Vec::new();
        write_line(&mut line, &record);
        prop_assert_eq!(RecordRef::parse(&line), Ok(record));
        // It is the canonical text of what any JSON reader sees.
        let value: Value = serde_json::from_slice(&line).unwrap();
        prop_assert_eq!(canonical(&value).into_bytes(), line);
    }

    #[test]
    fn bytes_are_no_record_or_have_its_one_form(bytes: Vec<u8>) {
        prop_assert!(RecordRef::parse(&bytes).is_err());
        prop_assert!(SignedHead::parse(&bytes).is_err());
    }

    #[test]
    fn a_time_is_read_as_it_was_written(ns: u64) {
        prop_assert_eq!(Time::parse(Time(ns).to_string().as_bytes()), Some(Time(ns)));
    }

    #[test]
    fn canonical_text_is_a_fixed_point(text: String, small: i32, key: String) {
        let once = canonical(&json!({key: [text], "small": small}));
        prop_assert_eq!(canonical(&serde_json::from_str(&once).unwrap()), once);
    }

    #[test]
    fn a_number_is_read_back_as_it_was(number: f64) {
        prop_assert_eq!(canonical(&json!(number)).parse::<f64>().unwrap(), number);
    }
}

#[test]
fn a_head_has_one_text() {
    let head = Head {
        first_seq: 1,
        key: "k".into(),
        last_hash: Digest::ZERO,
        last_seq: 2,
        ledger: "l".into(),
        merkle_root: Digest::ZERO,
        prev_head: Digest::ZERO,
        sealed: false,
        segment: 1,
        time: "t".into(),
        v: 1,
    };
    let signed = SignedHead::sign(head, &SecretKey::from_seed([3; 32]));
    let line = String::from_utf8(signed.line()).unwrap();
    assert_eq!(SignedHead::parse(line.as_bytes()), Ok(signed));
    for other in [
        line.replace("\"v\":1", "\"v\": 1"),
        line.replace("\"v\":1", "\"v\":2"),
        line.replace("\"v\":1", "\"v\":1.0"),
        line.replace("\"v\":1", "\"v\":1,\"w\":1"),
        line.replace("\"sealed\":false,", ""),
        line.replace("\"segment\":1", "\"segment\":0"),
        line.replace("\"last_seq\":2", "\"last_seq\":0"),
        format!("{line} "),
    ] {
        assert!(SignedHead::parse(other.as_bytes()).is_err(), "{other}");
    }
}
