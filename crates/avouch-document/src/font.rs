//! The embedded fonts: which has a glyph for a character, and how wide it is. `fonts/README.md` says what they are.

use std::collections::HashMap;
use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

/// A font of the PDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Face {
    /// Text.
    Sans,
    /// Headings and strong text.
    Bold,
    /// Code.
    Mono,
    /// A few signs that none of them has.
    Symbols,
}

impl Face {
    pub(crate) const ALL: [Self; 4] = [Self::Sans, Self::Bold, Self::Mono, Self::Symbols];

    /// The font file.
    pub(crate) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Sans => include_bytes!("../fonts/sans.ttf"),
            Self::Bold => include_bytes!("../fonts/sans-bold.ttf"),
            Self::Mono => include_bytes!("../fonts/mono.ttf"),
            Self::Symbols => include_bytes!("../fonts/symbols.ttf"),
        }
    }

    /// Where a character is looked for, in this order.
    const fn chain(self) -> [Self; 3] {
        match self {
            Self::Sans | Self::Symbols => [Self::Sans, Self::Mono, Self::Symbols],
            Self::Bold => [Self::Bold, Self::Mono, Self::Symbols],
            Self::Mono => [Self::Mono, Self::Sans, Self::Symbols],
        }
    }
}

/// A glyph that draws a character.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) face: Face,
    pub(crate) id: u16,
    /// Of the size of the font.
    pub(crate) advance: f32,
}

struct Table {
    ascii: [Option<(u16, f32)>; 128],
    others: HashMap<char, (u16, f32)>,
}

static TABLES: LazyLock<[Table; 4]> = LazyLock::new(|| Face::ALL.map(table));

fn table(face: Face) -> Table {
    let mut table = Table { ascii: [None; 128], others: HashMap::new() };
    // The fonts are part of the program; a test reads them all. Without one, every character would be drawn as a box.
    let Ok(font) = FontRef::new(face.bytes()) else { return table };
    let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
    for (code, id) in font.charmap().mappings() {
        let (Some(c), Ok(short)) = (char::from_u32(code), u16::try_from(id.to_u32())) else { continue };
        let entry = (short, metrics.advance_width(id).unwrap_or(0.5));
        match table.ascii.get_mut(code as usize) {
            Some(place) => *place = Some(entry),
            None => {
                table.others.insert(c, entry);
            }
        }
    }
    table
}

/// The glyph of a character in a face or in those after it; `None` where no font has it.
pub(crate) fn glyph(face: Face, c: char) -> Option<Glyph> {
    face.chain().into_iter().find_map(|face| {
        let table = &TABLES[face as usize];
        let found = match table.ascii.get(c as usize) {
            Some(entry) => *entry,
            None => table.others.get(&c).copied(),
        };
        found.map(|(id, advance)| Glyph { face, id, advance })
    })
}

/// Width of the box that stands for a character without glyph, of the size of the font.
pub(crate) fn box_advance(c: char) -> f32 {
    // Four or six small digits in two rows.
    if (c as u32) > 0xffff { 1.0 } else { 0.76 }
}

/// Width of a text in one line, in the unit of `size`.
pub(crate) fn width(face: Face, text: &str, size: f32) -> f32 {
    text.chars().map(|c| glyph(face, c).map_or_else(|| box_advance(c), |g| g.advance)).sum::<f32>() * size
}

/// The text, shortened in its middle so that it is at most `room` wide.
pub(crate) fn shorten(face: Face, text: &str, size: f32, room: f32) -> String {
    let advance = |c: char| glyph(face, c).map_or_else(|| box_advance(c), |g| g.advance) * size;
    let mut used = 0.0;
    let fits = text.chars().all(|c| {
        used += advance(c);
        used <= room
    });
    if fits {
        return text.into();
    }
    // Characters from both ends in turn, as long as there is room beside the dots.
    let room = room - advance('…');
    let (mut front, mut back) = (text.chars(), text.chars().rev());
    let (mut head, mut tail, mut used) = (String::new(), Vec::new(), 0.0);
    loop {
        let from_front = head.chars().count() <= tail.len();
        let Some(c) = (if from_front { front.next() } else { back.next() }) else { break };
        used += advance(c);
        if used > room {
            break;
        }
        if from_front { head.push(c) } else { tail.push(c) }
    }
    head.push('…');
    head.extend(tail.iter().rev());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fonts_are_read() {
        for (face, c) in [(Face::Sans, 'a'), (Face::Bold, 'Ж'), (Face::Mono, 'ω'), (Face::Symbols, '✗')] {
            assert_eq!(TABLES[face as usize].ascii.get(c as usize).copied().flatten().is_some(), c == 'a');
            assert_eq!(glyph(face, c).map(|g| g.face), Some(face), "{c}");
        }
        assert_eq!(glyph(Face::Sans, '日'), None);
    }

    #[test]
    fn latin_greek_and_cyrillic_letters_have_glyphs() {
        // Coptic letters (03E2 to 03EF) stand among the Greek ones.
        let coptic = 'Ϣ'..='ϯ';
        for c in ('A'..='ɏ').chain('Ͱ'..='Ͽ').chain('Ѐ'..='ԯ').filter(|c| c.is_alphabetic() && !coptic.contains(c))
        {
            assert!(glyph(Face::Sans, c).is_some() && glyph(Face::Bold, c).is_some(), "{c:?} {:04x}", c as u32);
        }
    }

    #[test]
    fn figures_are_of_one_width() {
        for face in [Face::Sans, Face::Bold, Face::Mono] {
            assert!(('0'..='9').all(|c| width(face, &c.to_string(), 1.0) == width(face, "0", 1.0)));
        }
    }

    #[test]
    fn shortened_text_fits() {
        let text = "sha256:0123456789abcdef0123456789abcdef";
        let short = shorten(Face::Sans, text, 8.0, 60.0);
        assert!(width(Face::Sans, &short, 8.0) <= 60.0 && short.starts_with("sha") && short.ends_with("ef"), "{short}");
        assert_eq!(shorten(Face::Sans, "ok", 8.0, 60.0), "ok");
        assert_eq!(shorten(Face::Sans, text, 8.0, 0.0), "…");
    }
}
