//! Where to go on after something broken.

use memchr::memmem;

/// What the start of the next record may look like.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    /// White space before the broken record, if it started its line: the next one's line starts likewise.
    pub(crate) indent: Option<Vec<u8>>,
    /// First key of the last good record, with its quotes: records of one file tend to start alike.
    pub(crate) first_key: Vec<u8>,
}

/// First keys of records whose file is one line, as the services write them: CloudTrail, and the audit webhook.
const KNOWN_FIRST_KEYS: [&[u8]; 2] = [b"\"eventVersion\"", b"\"level\""];

/// A start may be cut by the end of the bytes at hand: keep so many for the next look.
pub(crate) const OVERLAP: usize = 512;

impl Signs {
    /// Remembers the first key of a good record.
    pub(crate) fn learn(&mut self, record: &[u8]) {
        let key = record.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).filter(|r| r.first() == Some(&b'"'));
        let end = key.and_then(|k| memchr::memchr(b'"', k.get(1..k.len().min(66))?));
        let key = key.zip(end).and_then(|(k, end)| k.get(..end + 2)).filter(|k| k.len() > 2);
        if let Some(key) = key.filter(|k| k.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'"' | b'_'))) {
            self.first_key.clear();
            self.first_key.extend_from_slice(key);
        }
    }

    /// Offset, not 0, of the `{` that most likely starts the next record.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<usize> {
        let line = next_line(bytes, self.indent.as_deref());
        let rest = bytes.get(1..line.unwrap_or(bytes.len()))?;
        let key = if self.first_key.is_empty() { next_known_key(rest) } else { next_key(rest, &self.first_key) };
        key.map(|at| at + 1).or(line)
    }
}

/// Offset of the first `{` before a key with which records start and nothing inside them does.
pub(crate) fn next_known_key(bytes: &[u8]) -> Option<usize> {
    KNOWN_FIRST_KEYS.iter().filter_map(|key| next_key(bytes, key)).min()
}

/// Offset of the first `{` before `key`.
fn next_key(bytes: &[u8], key: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, key).find_map(|at| {
        let before = bytes.get(..at)?.trim_ascii_end();
        before.strip_suffix(b"{").map(<[u8]>::len)
    })
}

/// Offset of the first `{` after a line break and at most as much white space as `indent` has: what is nested in a record
/// stands deeper. Any white space, if the indent is not known.
fn next_line(bytes: &[u8], indent: Option<&[u8]>) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| {
        let rest = bytes.get(at + 1..)?;
        let blanks = rest.iter().position(|b| !matches!(b, b' ' | b'\t'))?;
        let starts = rest.get(blanks) == Some(&b'{') && indent.is_none_or(|i| blanks <= i.len());
        starts.then_some(at + 1 + blanks)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_record_is_found_by_line_and_by_key() {
        let mut signs = Signs { indent: Some(Vec::new()), ..Signs::default() };
        assert_eq!(signs.find(b"{\"a\":\n {\n{\"b\""), Some(9));
        assert_eq!(signs.find(b"{\"eventVersion\":1,{ \"eventVersion\""), Some(18));
        signs.learn(b"{ \"id\" : 1}");
        assert_eq!(signs.first_key, b"\"id\"");
        assert_eq!(signs.find(b"{\"id\":1,\"x\":{\"y\":{},{\"id\":2"), Some(20));
        assert_eq!(signs.find(b"{\"id\":1,\"id\":2"), None);
        signs.indent = None;
        assert_eq!(signs.find(b"{\"id\":\n    {\"b\""), Some(11));
    }
}
