//! The kernel sensor: eBPF programs, their loader, and records decoded to events.
