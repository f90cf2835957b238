//! Embedded store: an index over facts.
