//! The parser. A pure function of bytes: bounded depth, bounded number of values, an error with its place.

use super::{Kind, Node, Text};

/// Bounds of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    /// Arrays and objects inside one another. The parser recurses this deep.
    pub depth: u32,
    /// Values in all; one takes 48 bytes of memory, 72 with its key.
    pub values: u32,
}

impl Default for JsonLimits {
    /// 128 deep, as `serde_json`; two million values, 144 MB.
    fn default() -> Self {
        Self { depth: 128, values: 2_000_000 }
    }
}

/// Why bytes are no JSON document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct JsonError {
    /// Where, from 0.
    pub offset: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// Parses one document; only white space may follow it.
///
/// # Errors
/// With the first place where `bytes` are not JSON or go beyond `limits`.
pub fn parse(bytes: &[u8], limits: JsonLimits) -> Result<Node<'_>, JsonError> {
    run(bytes, limits, 0)
}

/// Parses one document as [`parse`] does, but keeps only its first level: arrays and objects inside are checked and left
/// empty.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_first_level(bytes: &[u8], limits: JsonLimits) -> Result<Node<'_>, JsonError> {
    run(bytes, limits, limits.depth)
}

fn run(bytes: &[u8], limits: JsonLimits, keep_from: u32) -> Result<Node<'_>, JsonError> {
    let mut parser = Parser { bytes, at: 0, values_left: limits.values, keep_from };
    let node = parser.value(limits.depth)?;
    parser.blanks();
    if parser.at < bytes.len() { Err(parser.error("something follows the value")) } else { Ok(node) }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    values_left: u32,
    /// What is inside an array or object is kept where at least so many levels may still be opened.
    keep_from: u32,
}

impl<'a> Parser<'a> {
    fn error(&self, what: &'static str) -> JsonError {
        JsonError { offset: self.at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    fn value(&mut self, depth: u32) -> Result<Node<'a>, JsonError> {
        self.blanks();
        self.values_left = self.values_left.checked_sub(1).ok_or_else(|| self.error("too many values"))?;
        let start = self.at;
        let kind = match self.peek() {
            Some(b'"') => Kind::Text(self.text()?),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
            None => return Err(self.error("a value is missing")),
        };
        Ok(Node { raw: self.since(start), kind })
    }

    fn word(&mut self) -> Result<Kind<'a>, JsonError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        for (word, kind) in [(&b"null"[..], Kind::Null), (b"true", Kind::Bool(true)), (b"false", Kind::Bool(false))] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.error("no JSON value"))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("a digit is missing")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Kind<'a>, JsonError> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    fn text(&mut self) -> Result<Text<'a>, JsonError> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
            match self.peek() {
                None => return Err(self.error("a text does not end")),
                Some(b'"') => {
                    let raw = self.since(start);
                    self.at += 1;
                    return Ok(Text { raw, escaped });
                }
                Some(0..=0x1f) => return Err(self.error("a control byte inside a text")),
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let hex = self.bytes.get(self.at + 1..self.at + 5).unwrap_or_default();
                if hex.len() != 4 || !hex.iter().all(u8::is_ascii_hexdigit) {
                    return Err(self.error("an escape without four hex digits"));
                }
                self.at += 5;
            }
            _ => return Err(self.error("an unknown escape")),
        }
        Ok(())
    }

    fn deeper(&self, depth: u32) -> Result<u32, JsonError> {
        depth.checked_sub(1).ok_or_else(|| self.error("nested too deeply"))
    }

    fn array(&mut self, depth: u32) -> Result<Kind<'a>, JsonError> {
        let keep = depth >= self.keep_from;
        let depth = self.deeper(depth)?;
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.eat(b']') {
            return Ok(Kind::Array(items));
        }
        loop {
            let item = self.value(depth)?;
            if keep {
                items.push(item);
            }
            self.blanks();
            if self.eat(b']') {
                return Ok(Kind::Array(items));
            }
            if !self.eat(b',') {
                return Err(self.error("a comma or `]` is missing"));
            }
        }
    }

    fn object(&mut self, depth: u32) -> Result<Kind<'a>, JsonError> {
        let keep = depth >= self.keep_from;
        let depth = self.deeper(depth)?;
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.eat(b'}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.error("a key is missing"));
            }
            let key = self.text()?;
            self.blanks();
            if !self.eat(b':') {
                return Err(self.error("a colon is missing"));
            }
            let value = self.value(depth)?;
            if keep {
                members.push((key, value));
            }
            self.blanks();
            if self.eat(b'}') {
                return Ok(Kind::Object(members));
            }
            if !self.eat(b',') {
                return Err(self.error("a comma or `}` is missing"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use avouch_event::Arena;
    use proptest::prelude::*;

    use super::*;

    fn shown(json: &str, pointer: &str) -> Option<String> {
        let arena = Arena::new();
        let node = parse(json.as_bytes(), JsonLimits::default()).unwrap();
        node.pointer(pointer).map(|n| String::from_utf8_lossy(n.shown(&arena)).into_owned())
    }

    #[test]
    fn pointers_find_and_values_show_as_text() {
        let json = r#" {"a":[1, {"b/c~":" x\n\u00e9\ud83d\ude00 "}], "n" : 1.50e3, "t": true, "z":null, "e":{} } "#;
        let at = |p| shown(json, p);
        assert_eq!(at("/a/1/b~1c~0").as_deref(), Some(" x\né😀 "));
        assert_eq!(at("a/1").as_deref(), Some(r#"{"b/c~":" x\n\u00e9\ud83d\ude00 "}"#));
        assert_eq!(
            (at("/n").as_deref(), at("/t").as_deref(), at("z").as_deref()),
            (Some("1.50e3"), Some("true"), Some("null"))
        );
        assert_eq!((at("/a/2"), at("/a/x"), at("/b"), at("/n/0")), (None, None, None, None));
        assert!(at("").is_some_and(|t| t.starts_with("{\"a\":[1,{") && t.ends_with("\"e\":{}}")));
    }

    #[test]
    fn bytes_that_are_no_utf8_and_half_pairs_do_not_lose_the_record() {
        let arena = Arena::new();
        let node = parse(b"[\"\xff\", \"\\ud800x\", \"\\udc00\\ud800\"]", JsonLimits::default()).unwrap();
        let texts: Vec<&[u8]> = node.items().unwrap().iter().map(|n| n.shown(&arena)).collect();
        assert_eq!(texts, [&b"\xff"[..], "\u{fffd}x".as_bytes(), "\u{fffd}\u{fffd}".as_bytes()]);
    }

    #[test]
    fn keys_compare_with_escapes_undone_and_the_first_of_two_counts() {
        assert_eq!(shown(r#"{"a\u0062":1,"ab":2}"#, "/ab").as_deref(), Some("1"));
        assert_eq!(shown(r#"{"a\u0062c":1,"ab":2}"#, "/ab").as_deref(), Some("2"));
    }

    #[test]
    fn pretty_indents_by_two() {
        let arena = Arena::new();
        let node = parse(br#"{"a":[1,{"b":[]}],"c":{},"d":"x, y: {"}"#, JsonLimits::default()).unwrap();
        insta::assert_snapshot!(String::from_utf8_lossy(node.pretty(&arena)), @r#"
        {
          "a": [
            1,
            {
              "b": []
            }
          ],
          "c": {},
          "d": "x, y: {"
        }
        "#);
    }

    #[test]
    fn limits_hold() {
        let limits = JsonLimits { depth: 3, values: 5 };
        assert!(parse(b"[[[1]]]", limits).is_ok());
        assert_eq!(parse(b"[[[[1]]]]", limits).unwrap_err().to_string(), "nested too deeply at byte 3");
        assert_eq!(parse(b"[1,2,3,4,5]", limits).unwrap_err().what, "too many values");
        let deep = "[".repeat(1_000_000);
        assert_eq!(parse(deep.as_bytes(), JsonLimits::default()).unwrap_err().offset, 128);
    }

    proptest! {
        /// The same documents are JSON to us and to `serde_json`, and read the same.
        #[test]
        fn agrees_with_serde_json(text in r#"[ \n]?([\[\]{},:"\\u0-9a-f.eE+-]|true|null|"a":|\\n|"b"|é){0,12}"#) {
            let ours = parse(text.as_bytes(), JsonLimits::default());
            let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
            let numbers_out_of_range = theirs.as_ref().is_err_and(|e| e.to_string().contains("number out of range"));
            let lone_surrogate = theirs.as_ref().is_err_and(|e| e.to_string().contains("surrogate") || e.to_string().contains("hex escape"));
            prop_assume!(!numbers_out_of_range && !lone_surrogate);
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs);
        }

        #[test]
        fn rendering_keeps_the_meaning(value in json_value()) {
            let arena = Arena::new();
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            let compact = serde_json::to_string(&value).unwrap();
            let node = parse(pretty.as_bytes(), JsonLimits::default()).unwrap();
            prop_assert_eq!(node.compact(&arena), compact.as_bytes());
            let node = parse(compact.as_bytes(), JsonLimits::default()).unwrap();
            prop_assert_eq!(node.pretty(&arena), pretty.as_bytes());
        }

        #[test]
        fn any_bytes_parse_or_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(node) = parse(&bytes, JsonLimits::default()) {
                let arena = Arena::new();
                let _ = (node.compact(&arena), node.pretty(&arena), node.shown(&arena));
            }
        }
    }

    fn json_value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::vec((".{0,4}", inner), 0..4)
                    .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
            ]
        })
    }
}
