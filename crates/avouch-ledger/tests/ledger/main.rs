//! Ledgers in files: written, read, killed, rotated, lost.

mod common;
mod crash;
mod keys;
mod life;
mod read;
mod stranger;
