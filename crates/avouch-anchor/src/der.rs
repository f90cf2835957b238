//! As much of DER as time-stamps need: definite lengths, short tags, bounds.

/// An element: tag and content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8: u8 = 0x0c;
pub(crate) const TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// The first tag of a choice, with elements inside.
pub(crate) const FIRST: u8 = 0xa0;

/// Reads elements one after the other; once something is wrong, it only gives `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let bytes = std::mem::take(&mut self.0);
        let (&tag, rest) = bytes.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.is_empty() || digits.len() > 4 {
                return None;
            }
            (digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)), rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag, content })
    }

    /// The next element with its tag and length.
    pub(crate) fn whole(&mut self) -> Option<&'a [u8]> {
        let bytes = self.0;
        self.any()?;
        bytes.get(..bytes.len() - self.0.len())
    }

    /// The next element, when it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any().filter(|element| element.tag == tag).map(|element| element.content)
    }

    /// What is inside the next element, when it has this tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Option<Reader<'a>> {
        self.expect(tag).map(Reader)
    }
}

/// Writes an element of at most 65,535 bytes.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut out = vec![tag];
    match content.len() {
        0..0x80 => out.push(length[1]),
        0x80..0x100 => out.extend([0x81, length[1]]),
        _ => out.extend([0x82, length[0], length[1]]),
    }
    out.extend(content);
    out
}

/// An integer of at most 8 bytes that is not negative.
pub(crate) fn small(content: &[u8]) -> Option<u64> {
    let plain = !content.is_empty() && content.len() <= 8 && content[0] < 0x80;
    plain.then(|| content.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}
