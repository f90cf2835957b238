//! What goes into a store comes out of it.

mod findings;
mod support;
