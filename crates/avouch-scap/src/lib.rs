//! Capture files: read every version, convert old events, write.
