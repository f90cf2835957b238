//! Names of flag bits and enumeration values, generated from `tables/flags.tsv`.

/// Names for the values of a parameter.
#[derive(Debug)]
pub struct FlagTable {
    /// Table name, `file_flags`.
    pub name: &'static str,
    /// Value and name, in table order.
    pub entries: &'static [(u64, &'static str)],
}

impl FlagTable {
    /// Looks a table up by name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static FlagTable> {
        ALL.iter().copied().find(|t| t.name == name)
    }

    /// The value of `name` in this table.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        self.entries.iter().find(|(_, n)| *n == name).map(|(v, _)| *v)
    }
}

include!(concat!(env!("OUT_DIR"), "/flags.rs"));
