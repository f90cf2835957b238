//! What a document is made of. Plain data: built by hand, read by both renderers, known to neither.

mod block;
mod section;
mod table;
mod text;

pub use block::{Block, Code, Fact, Figure, List, ListItem, Note, NoteKind};
pub use section::{Created, Document, Id, Numbering, Part, Section};
pub(crate) use table::shares;
pub use table::{Align, Cell, Column, Row, RowClass, Shown, Table};
pub use text::{Run, Text};
