//! Requests of anchors, which `avouch-s3` sends for all of them.

pub(crate) use avouch_s3::HttpRequest;
use avouch_s3::{Client, HttpError};

use crate::AnchorError;

/// Most bytes of an answer.
const MAX_ANSWER: u64 = 1 << 20;

/// Sends a request; an answer other than 2xx is an error that tells what was answered.
pub(crate) fn send(request: &HttpRequest) -> Result<Vec<u8>, AnchorError> {
    Client::new().send(request, MAX_ANSWER).map_err(error)
}

pub(crate) fn error(error: HttpError) -> AnchorError {
    match error {
        HttpError::Url { url } => AnchorError::Url { url },
        HttpError::Unreachable { url, message } => AnchorError::Http { url, message },
        HttpError::Refused { url, status, message } => AnchorError::Refused { url, status, message },
        HttpError::TooLong { ref url, .. } => AnchorError::Http { url: url.clone(), message: error.to_string() },
    }
}
