//! Finds secrets.
