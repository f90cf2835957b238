//! The structure of the document as assistive technology reads it, built while pages are laid out.

use krilla::tagging::{Identifier, Node, TagGroup, TagKind, TagTree};

/// A place in the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TagId(u32);

/// A stretch of content on a page, or a link on it, that belongs to a place in the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

enum Child {
    Tag(TagId),
    Slot(Slot),
}

/// Tags in an arena. While pages are only measured nothing is kept.
pub(super) struct Tags {
    kept: bool,
    tags: Vec<(TagKind, Vec<Child>)>,
    top: Vec<TagId>,
    slots: Vec<Option<Identifier>>,
}

impl Tags {
    /// Where blocks of the document itself stand.
    pub(super) const TOP: TagId = TagId(u32::MAX);

    pub(super) const fn new(kept: bool) -> Self {
        Self { kept, tags: Vec::new(), top: Vec::new(), slots: Vec::new() }
    }

    /// A new tag, the last in `parent`.
    pub(super) fn open(&mut self, parent: TagId, kind: impl Into<TagKind>) -> TagId {
        if !self.kept {
            return Self::TOP;
        }
        let id = TagId(self.tags.len() as u32);
        self.tags.push((kind.into(), Vec::new()));
        match self.tags.get_mut(parent.0 as usize) {
            Some((_, children)) => children.push(Child::Tag(id)),
            None => self.top.push(id),
        }
        id
    }

    /// Room for a stretch of content, the last in `parent`; filled when the page is drawn.
    pub(super) fn slot(&mut self, parent: TagId) -> Slot {
        let slot = Slot(self.slots.len() as u32);
        if let Some((_, children)) = self.tags.get_mut(parent.0 as usize) {
            children.push(Child::Slot(slot));
            self.slots.push(None);
        }
        slot
    }

    pub(super) fn fill(&mut self, slot: Slot, identifier: Identifier) {
        if let Some(place) = self.slots.get_mut(slot.0 as usize) {
            *place = Some(identifier);
        }
    }

    /// The tree for the file.
    pub(super) fn tree(mut self, language: &str) -> TagTree {
        let top = std::mem::take(&mut self.top);
        let children: Vec<Node> = top.into_iter().filter_map(|id| self.group(id)).collect();
        TagTree::from(children).with_lang(Some(language.into()))
    }

    fn group(&mut self, id: TagId) -> Option<Node> {
        let (kind, children) = self.tags.get_mut(id.0 as usize)?;
        let (kind, children) = (kind.clone(), std::mem::take(children));
        let mut group = TagGroup::new(kind);
        for child in children {
            let node = match child {
                Child::Tag(id) => self.group(id),
                Child::Slot(slot) => self.slots.get(slot.0 as usize).copied().flatten().map(Node::Leaf),
            };
            group.children.extend(node);
        }
        Some(Node::Group(group))
    }
}
