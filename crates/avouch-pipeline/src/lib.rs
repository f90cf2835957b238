//! Joins source, state, engine and sinks; counts what is lost.

pub mod case;
pub mod input;
pub mod script;
