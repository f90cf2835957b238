//! The oldest container event, four parameters, as the JSON text that later ones carry.

use std::io::Write as _;

use avouch_event::Range;

/// Appends `{"container":{"id":..,"type":..,"name":..,"image":..}}` and a NUL. `params` are id, type, name and image in
/// `bytes`; missing ones are empty.
///
/// The peer leaves out the outer object, and then does not recognise its own text.
pub(super) fn json(params: &[Range], bytes: &mut Vec<u8>) {
    let param = |i: usize| -> Vec<u8> {
        let Some(r) = params.get(i) else { return Vec::new() };
        let start = r.start as usize;
        bytes.get(start..start.saturating_add(r.len as usize)).unwrap_or_default().to_vec()
    };
    let kind = param(1).first_chunk::<4>().map_or(0, |b| u32::from_le_bytes(*b));
    let mut out = br#"{"container":{"id":"#.to_vec();
    quote(&param(0), &mut out);
    out.extend_from_slice(b",\"type\":");
    out.extend_from_slice(kind.to_string().as_bytes());
    out.extend_from_slice(b",\"name\":");
    quote(&param(2), &mut out);
    out.extend_from_slice(b",\"image\":");
    quote(&param(3), &mut out);
    out.extend_from_slice(b"}}\0");
    bytes.append(&mut out);
}

/// A JSON string of what stands before the first NUL.
fn quote(text: &[u8], out: &mut Vec<u8>) {
    let text = text.split(|b| *b == 0).next().unwrap_or_default();
    out.push(b'"');
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' | '\\' => out.extend_from_slice(&[b'\\', u8::try_from(c).unwrap_or(b'?')]),
            c if c < ' ' => {
                // Writing to a vector does not fail.
                if write!(out, "\\u{:04x}", u32::from(c)).is_err() {
                    out.push(b'?');
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let mut bytes = b"ab\0\x00\x00\x00\x00we\"b\0im\n\0".to_vec();
        let r = |start, len| Range { start, len };
        json(&[r(0, 3), r(3, 4), r(7, 5), r(12, 4)], &mut bytes);
        assert_eq!(
            &bytes[16..],
            b"{\"container\":{\"id\":\"ab\",\"type\":0,\"name\":\"we\\\"b\",\"image\":\"im\\u000a\"}}\0"
        );
    }
}
