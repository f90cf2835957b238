//! What the verifier finds, and what it says when there is nothing to find.

mod common;
mod heads;
mod random;
mod tamper;
mod text;
