//! Changes of files as events tell them, for whoever watches files: told each time, whatever the activity trail keeps.

use avouch_event::{Event, EventType};
use avouch_state::{State, Thread};

use super::activity::{change, change_types};

/// A change that took effect.
pub struct FileEvent<'a> {
    /// The event that told it.
    pub event: &'a Event<'a>,
    /// What is known of the machine at the event.
    pub state: &'a State,
    /// Who made it.
    pub thread: &'a Thread,
    /// As in [`super::records::FileChange::action`].
    pub action: &'static str,
    /// Absolute, as the thread sees it.
    pub path: &'a [u8],
    /// New name of a renamed or linked file.
    pub to: Option<&'a [u8]>,
}

/// By number of an event's type, whether it tells of changes: most do not, and cost one look here.
pub(super) struct ChangeTypes(Box<[bool]>);

impl ChangeTypes {
    pub(super) fn new() -> Self {
        let mut types = vec![false; EventType::COUNT];
        for ty in change_types() {
            if let Some(slot) = types.get_mut(usize::from(ty.0)) {
                *slot = true;
            }
        }
        Self(types.into())
    }

    /// Tells the change of an event that was just applied to `state`, if it is one.
    pub(super) fn tell(&self, event: &Event<'_>, state: &State, tell: impl FnOnce(&FileEvent<'_>)) {
        if event.hidden || self.0.get(usize::from(event.ty.0)) != Some(&true) {
            return;
        }
        if let Some((change, thread)) = change(event, state) {
            let (path, to) = (change.path.as_slice(), change.to.as_deref());
            tell(&FileEvent { event, state, thread, action: change.action, path, to });
        }
    }
}
