//! The command line: every role in one binary.

fn main() {}
