//! Records as they come, for those who watch: who is served, what is for whom, and what was missed.
//!
//! A watcher who is slow is waited for, and nothing else waits for him: the writer goes on, what he could not take yet is read from the
//! store later. Only when more came than [`follow::AT_MOST`] records of findings and acts is the rest not shown, and its number told.

mod events;
mod follow;
mod matching;
mod places;
mod words;

pub(crate) use follow::{Follow, WAITING};
pub(crate) use matching::Matcher;
pub(crate) use places::Places;
