//! Requests to S3-compatible object stores: signed with Signature Version 4, sent once, their answers bounded. What is to be
//! tried again, and when, is the caller's to say.
//!
//! [`Bucket::request`] makes a signed request, which is pure; [`Client`] sends requests; [`Reader`] does both for the
//! two questions that a reader of a bucket asks. Buckets are addressed by path (`https://host/bucket/key`), which every store
//! of this kind understands.
//!
//! ```no_run
//! use avouch_s3::{Bucket, Client, Credentials, ListFrom, Reader, Utc};
//!
//! let bucket = Bucket { endpoint: "https://s3.eu-central-1.amazonaws.com".into(), region: "eu-central-1".into(), name: "trail".into() };
//! let credentials = Credentials::from_lookup(&|name| std::env::var(name).ok()).ok_or("no credentials")?;
//! let reader = Reader { client: &Client::new(), bucket: &bucket, credentials: &credentials };
//! let page = reader.list("AWSLogs/", ListFrom::Start, None, Utc(1_795_675_882))?;
//! for object in page.objects {
//!     println!("{} {}", object.key, object.bytes);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod credentials;
mod http;
mod listing;
mod sign;
mod time;

pub use credentials::{Credentials, CredentialsError};
pub use http::{Client, Fetched, HttpError, HttpRequest};
pub use listing::{ListFrom, Object, Page, Reader, S3Error};
pub use sign::{Ask, Bucket};
pub use time::Utc;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
