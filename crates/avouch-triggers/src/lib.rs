//! Small real acts for the live sensor's tests: for each upstream stable and incubating rule of system calls a trigger,
//! and a twin that differs in the one thing the rule asks for.
//!
//! A case ([`Case`]) is data: programs, by the names that rules see, and the moves each makes. [`run`] performs one in a
//! root, mount namespace and network namespace of its own, or in a container made by `runc`; nothing of the machine is
//! read or changed by an act. Every process of an act carries its mark in the environment variable [`MARK`], so that a
//! detection can be told to be of this act.

mod case;
mod cases;
mod container;
mod error;
mod image;
mod moves;
mod network;
mod run;
mod sys;

pub use case::{Body, CONTAINER, Case, Container, Expect, How, Move, Place, Program, Protocol, Server, tcp, udp};
pub use cases::all;
pub use error::Error;
pub use moves::{MARK, perform};
pub use run::{Report, missing, run};
