//! Fields that the peer keeps for its own tests.

use avouch_event::FieldType as T;

use super::row::{Class, Row};

pub(super) const ROWS: &[Row] = &[Class("util")
    .never(
        "util.cnt",
        T::Uint64,
        "A counter that grows whenever it is read.",
        "reading a field changes nothing here, so there is nothing to count",
    )
    .hidden()];
