//! Who tells what a container is: the seam to the crate that asks runtimes and Kubernetes.

use avouch_state::CgroupContainer;

/// What came back about a container. The ids are the ones it was asked by ([`CgroupContainer::id`]).
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// Its metadata, as the state reads them.
    Known {
        /// Which container.
        id: &'a [u8],
        /// A JSON object `container`.
        json: &'a [u8],
    },
    /// It is gone.
    Gone {
        /// Which container.
        id: &'a [u8],
        /// A JSON object `container` with its id.
        json: &'a [u8],
    },
    /// No runtime knows it, or none can be asked. What is known later comes as [`Answer::Known`].
    Unknown {
        /// Which container.
        id: &'a [u8],
    },
}

/// Tells what containers are. Asking runtimes takes milliseconds, so that it is done elsewhere and the answers are fetched.
pub trait ContainerLookup {
    /// Asks for a container that was just seen, with one of its threads. Does not block.
    fn ask(&mut self, container: &CgroupContainer<'_>, tid: i64);

    /// Hands out what came back since the last call. Does not block.
    fn answers(&mut self, emit: &mut dyn FnMut(Answer<'_>));

    /// Whom it cannot ask though it should: one sentence each.
    fn gaps(&self) -> Vec<String> {
        Vec::new()
    }
}
