//! Bounds of what is read: input is hostile.

use crate::json::JsonLimits;

/// Bounds of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one record. A longer one is counted as bad and passed over.
    pub record_bytes: usize,
    /// Bounds of one record's values.
    pub json: JsonLimits,
    /// Bytes of one file after decompression. Reading stops there with an error.
    pub file_bytes: u64,
}

impl Default for Limits {
    /// 16 MiB a record (an API server takes requests of 3 MiB, and an audit record holds request and response), 64 GiB
    /// a file.
    fn default() -> Self {
        Self { record_bytes: 16 << 20, json: JsonLimits::default(), file_bytes: 64 << 30 }
    }
}
