//! How much the state may hold, and what was lost or odd.

/// Upper bounds. What would pass them is dropped and counted in [`Counters`].
#[derive(Clone, Debug)]
pub struct Limits {
    /// Threads.
    pub threads: usize,
    /// Descriptors of one process.
    pub fds_per_process: usize,
    /// Descriptors of all processes together.
    pub fds: usize,
    /// Users and groups, each.
    pub users: usize,
    /// Interface addresses.
    pub interfaces: usize,
    /// Containers.
    pub containers: usize,
    /// Bytes of one text (arguments, environment, cgroups, a path); longer ones are cut.
    pub text: usize,
    /// Bytes of the JSON of one container; longer ones are refused.
    pub container_json: usize,
}

impl Default for Limits {
    /// Room for a busy node: upstream's own 131,072 threads, and a million descriptors.
    fn default() -> Self {
        Self {
            threads: 131_072,
            fds_per_process: 65_536,
            fds: 1 << 20,
            users: 65_536,
            interfaces: 4_096,
            containers: 16_384,
            text: 8_192,
            container_json: 1 << 20,
        }
    }
}

/// What was lost or odd since the state was made; a new capture does not reset it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Threads thrown out to make room.
    pub evicted_threads: u64,
    /// Descriptors not kept, for want of room.
    pub dropped_fds: u64,
    /// Users, groups and interfaces not kept, for want of room.
    pub dropped_entries: u64,
    /// Containers not kept, for want of room.
    pub dropped_containers: u64,
    /// Texts cut to [`Limits::text`].
    pub cut_texts: u64,
    /// Placeholders made for threads that no event introduced.
    pub placeholder_threads: u64,
    /// Events of a thread that stays unknown.
    pub unknown_threads: u64,
    /// Events on a descriptor that no event introduced.
    pub unknown_fds: u64,
    /// Events whose parameters are too short or odd to apply.
    pub malformed_events: u64,
    /// Container metadata that could not be parsed.
    pub bad_container_json: u64,
}
