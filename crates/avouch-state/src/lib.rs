//! Threads, descriptors, users and containers rebuilt from events, and the field readers over them.
