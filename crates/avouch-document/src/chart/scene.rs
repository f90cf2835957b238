//! Shapes. Lengths are points (1/72 inch), x to the right, y down.

/// What something is painted with. A role, not a colour: paper is white, a screen may be dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ink {
    /// Text and marks.
    Text,
    /// Labels and ticks.
    Muted,
    /// Grid lines and frames.
    Grid,
    /// What lies behind: marks on fills are drawn in it.
    Paper,
    /// The state "pass".
    Pass,
    /// The state "fail".
    Fail,
    /// Behind the hatching of "unknown".
    Unknown,
    /// The hatching.
    Hatch,
    /// Behind notes, code and headings of rows.
    Soft,
    /// Behind what deserves to be seen.
    Bad,
    /// Links.
    Link,
    /// Series 0 to 5, from dark to light.
    Series(u8),
    /// Heat 0 to 6, from light to dark.
    Heat(u8),
    /// Text on that heat.
    OnHeat(u8),
}

impl Ink {
    /// Series told apart.
    pub(crate) const SERIES: u8 = 6;
    /// Steps of heat.
    pub(crate) const HEAT: u8 = 7;

    /// All of them, for the style sheet.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [
            Self::Text,
            Self::Muted,
            Self::Grid,
            Self::Paper,
            Self::Pass,
            Self::Fail,
            Self::Unknown,
            Self::Hatch,
            Self::Soft,
            Self::Bad,
            Self::Link,
        ]
        .into_iter()
        .chain((0..Self::SERIES).map(Self::Series))
        .chain((0..Self::HEAT).map(Self::Heat))
        .chain((0..Self::HEAT).map(Self::OnHeat))
    }

    /// On paper: sRGB. States after Okabe and Ito's palette (bluish green, vermilion, grey), told apart by lightness as well.
    pub(crate) fn on_paper(self) -> u32 {
        match self {
            Self::Text | Self::Hatch => 0x1f2430,
            Self::Muted => 0x565d6b,
            Self::Grid => 0xd5d9e0,
            Self::Paper => 0xffffff,
            Self::Pass => 0x5fc4a6,
            Self::Fail => 0xb84100,
            Self::Unknown => 0xf1eee4,
            Self::Soft => 0xf4f5f7,
            Self::Bad => 0xfdf0e8,
            Self::Link => 0x0a4f8a,
            Self::Series(n) => [0x0b2f4f, 0x0a5a94, 0x3f8fc9, 0x8fbfe3, 0xc9e0f2, 0xe9f2f9][usize::from(n.min(5))],
            Self::Heat(n) => {
                [0xf7f9fb, 0xddeaf4, 0xb9d6ea, 0x86b9db, 0x2f78b0, 0x17659f, 0x0b3a63][usize::from(n.min(6))]
            }
            Self::OnHeat(n) => {
                if n < 4 {
                    0x1f2430
                } else {
                    0xffffff
                }
            }
        }
    }

    /// On a dark screen.
    pub(crate) fn on_dark(self) -> u32 {
        match self {
            Self::Text => 0xe7e9ee,
            Self::Hatch => 0xc9ced8,
            Self::Muted => 0xa6adbb,
            Self::Grid => 0x3a414f,
            Self::Paper => 0x14171d,
            Self::Pass => 0x1f6f59,
            Self::Fail => 0xff8f4d,
            Self::Unknown => 0x2b2d30,
            Self::Soft => 0x1c2028,
            Self::Bad => 0x33211a,
            Self::Link => 0x8cc4f5,
            Self::Series(n) => [0xe6f2fb, 0xa9d3f2, 0x62a9dc, 0x2f7ab3, 0x1d517c, 0x1a3650][usize::from(n.min(5))],
            Self::Heat(n) => {
                [0x1a1f27, 0x1a2f42, 0x1b4362, 0x1f5f8e, 0x3d86ba, 0x82b9dd, 0xd3e8f7][usize::from(n.min(6))]
            }
            Self::OnHeat(n) => {
                if n < 4 {
                    0xe7e9ee
                } else {
                    0x0e1116
                }
            }
        }
    }

    /// Its class in the style sheet.
    pub(crate) fn class(self) -> String {
        match self {
            Self::Text => "i-t".into(),
            Self::Muted => "i-m".into(),
            Self::Grid => "i-g".into(),
            Self::Paper => "i-p".into(),
            Self::Pass => "i-pass".into(),
            Self::Fail => "i-fail".into(),
            Self::Unknown => "i-unk".into(),
            Self::Hatch => "i-h".into(),
            Self::Soft => "i-soft".into(),
            Self::Bad => "i-bad".into(),
            Self::Link => "i-link".into(),
            Self::Series(n) => format!("i-s{n}"),
            Self::Heat(n) => format!("i-q{n}"),
            Self::OnHeat(n) => format!("i-o{n}"),
        }
    }
}

/// A point.
pub(crate) type Point = (f32, f32);

/// An upright rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) w: f32,
    pub(crate) h: f32,
}

impl Rect {
    pub(crate) const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }
}

/// Where the point of a text lies on its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Something drawn. Many rectangles or lines of one ink are one shape, so that a year of days stays one path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Filled.
    Rects { rects: Vec<Rect>, ink: Ink },
    /// Each of two points.
    Lines { lines: Vec<(Point, Point)>, width: f32, ink: Ink },
    /// One line on its baseline.
    Text { at: Point, text: String, size: f32, anchor: Anchor, ink: Ink },
}

/// A finished drawing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Drawing {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) shapes: Vec<Shape>,
}

impl Drawing {
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    /// Filled rectangles; those without area are left out.
    pub(crate) fn rects(&mut self, rects: impl IntoIterator<Item = Rect>, ink: Ink) {
        let rects: Vec<Rect> = rects.into_iter().filter(|r| r.w > 0.0 && r.h > 0.0).collect();
        if !rects.is_empty() {
            self.shapes.push(Shape::Rects { rects, ink });
        }
    }

    /// Lines of one width.
    pub(crate) fn lines(&mut self, lines: Vec<(Point, Point)>, width: f32, ink: Ink) {
        if !lines.is_empty() {
            self.shapes.push(Shape::Lines { lines, width, ink });
        }
    }

    /// The outline of a rectangle.
    pub(crate) fn frame(&mut self, r: Rect, ink: Ink) {
        let (right, bottom) = (r.x + r.w, r.y + r.h);
        self.lines(
            vec![
                ((r.x, r.y), (right, r.y)),
                ((right, r.y), (right, bottom)),
                ((right, bottom), (r.x, bottom)),
                ((r.x, bottom), (r.x, r.y)),
            ],
            0.5,
            ink,
        );
    }

    /// One line of text.
    pub(crate) fn text(&mut self, at: Point, text: impl Into<String>, size: f32, anchor: Anchor, ink: Ink) {
        let text = text.into();
        if !text.is_empty() {
            self.shapes.push(Shape::Text { at, text, size, anchor, ink });
        }
    }

    /// The same made smaller where it is taller than `most`.
    pub(crate) fn at_most(mut self, most: f32) -> Self {
        if self.height <= most || self.height <= 0.0 {
            return self;
        }
        let by = most / self.height;
        let point = |p: &mut Point| *p = (p.0 * by, p.1 * by);
        for shape in &mut self.shapes {
            match shape {
                Shape::Rects { rects, .. } => {
                    rects.iter_mut().for_each(|r| *r = Rect::new(r.x * by, r.y * by, r.w * by, r.h * by));
                }
                Shape::Lines { lines, width, .. } => {
                    *width *= by;
                    lines.iter_mut().for_each(|(a, b)| {
                        point(a);
                        point(b);
                    });
                }
                Shape::Text { at, size, .. } => {
                    point(at);
                    *size *= by;
                }
            }
        }
        (self.width, self.height) = (self.width * by, most);
        self
    }

    /// Rectangles hatched: a fill, and lines at 45 degrees, aligned over all of them.
    pub(crate) fn hatched(&mut self, rects: &[Rect], fill: Ink) {
        self.rects(rects.iter().copied(), fill);
        let lines = rects.iter().flat_map(|r| hatching(*r, 3.0)).collect();
        self.lines(lines, 0.55, Ink::Hatch);
    }

    /// A cross in the middle of each rectangle.
    pub(crate) fn crosses(&mut self, rects: impl IntoIterator<Item = Rect>, ink: Ink) {
        let mut lines = Vec::new();
        for r in rects {
            let half = (r.w.min(r.h) * 0.28).min(2.4);
            let (x, y) = (r.x + r.w / 2.0, r.y + r.h / 2.0);
            lines.push(((x - half, y - half), (x + half, y + half)));
            lines.push(((x - half, y + half), (x + half, y - half)));
        }
        self.lines(lines, 0.9, ink);
    }
}

/// Lines `step` apart (measured along x) from lower left to upper right, cut at the rectangle.
fn hatching(r: Rect, step: f32) -> Vec<(Point, Point)> {
    let (right, bottom) = (r.x + r.w, r.y + r.h);
    // On such a line x + y is constant; the first multiple of the step inside the rectangle.
    let first = ((r.x + r.y) / step).ceil() as i64;
    let last = ((right + bottom) / step).floor() as i64;
    let mut lines = Vec::new();
    for k in first..=last.min(first + 10_000) {
        let sum = k as f32 * step;
        let from = if sum - bottom >= r.x { (sum - bottom, bottom) } else { (r.x, sum - r.x) };
        let to = if sum - r.y <= right { (sum - r.y, r.y) } else { (right, sum - right) };
        if to.0 - from.0 > 0.05 {
            lines.push((from, to));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hatching_stays_inside() {
        for (x, y, w, h) in [(0.0, 0.0, 10.0, 4.0), (3.3, 7.1, 2.0, 20.0), (-5.0, 2.0, 8.0, 8.0)] {
            let lines = hatching(Rect::new(x, y, w, h), 3.0);
            assert!(!lines.is_empty());
            for point in lines.iter().flat_map(|(a, b)| [a, b]) {
                assert!(point.0 >= x - 1e-3 && point.0 <= x + w + 1e-3, "{point:?}");
                assert!(point.1 >= y - 1e-3 && point.1 <= y + h + 1e-3, "{point:?}");
            }
        }
    }

    #[test]
    fn states_differ_in_lightness() {
        let light = |ink: Ink| {
            let rgb = ink.on_paper();
            let part = |shift: u32| f64::from((rgb >> shift) & 255);
            0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
        };
        assert!(light(Ink::Pass) - light(Ink::Fail) > 60.0);
        assert!(light(Ink::Unknown) - light(Ink::Pass) > 60.0);
    }

    /// WCAG 2.2, 1.4.3 and 1.4.11: 4.5 for text, 3 for marks.
    #[test]
    fn contrast_is_enough_on_paper_and_on_dark_screens() {
        let luminance = |rgb: u32| {
            let part = |shift: u32| {
                let c = f64::from((rgb >> shift) & 255) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
        };
        let contrast = |a: u32, b: u32| {
            let (a, b) = (luminance(a), luminance(b));
            (a.max(b) + 0.05) / (a.min(b) + 0.05)
        };
        let views: [fn(Ink) -> u32; 2] = [Ink::on_paper, Ink::on_dark];
        for colour in views {
            for text in [Ink::Text, Ink::Muted, Ink::Link] {
                for ground in [Ink::Paper, Ink::Soft, Ink::Bad] {
                    assert!(contrast(colour(text), colour(ground)) >= 4.5, "{text:?} on {ground:?}");
                }
            }
            for n in 0..Ink::HEAT {
                assert!(contrast(colour(Ink::OnHeat(n)), colour(Ink::Heat(n))) >= 4.5, "heat {n}");
            }
            assert!(contrast(colour(Ink::Text), colour(Ink::Pass)) >= 4.5, "figures in bars");
            for mark in [Ink::Fail, Ink::Hatch] {
                assert!(contrast(colour(mark), colour(Ink::Paper)) >= 3.0, "{mark:?}");
            }
            assert!(contrast(colour(Ink::Paper), colour(Ink::Fail)) >= 3.0, "crosses");
        }
    }
}
