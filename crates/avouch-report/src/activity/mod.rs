//! What was done, whatever the rules are: who talked to whom, and who worked where, from activity and from requests for sessions.
//!
//! Both are built while the rows of activity pass by, within limits of memory; what a limit leaves out is counted.

mod address;
mod flows;
mod requests;
mod sessions;
mod ssh;
mod terminals;

pub use address::Reach;
pub use flows::{Flow, Flows, Party, Way};
pub use requests::{Asked, Candidates, Request, RequestError};
pub use sessions::{Joined, Session, SessionPath, Sessions};
