//! Ids of findings in paths.

use avouch_store::{Reader, StoredFinding};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::access::Who;
use crate::error::{ApiError, ApiResult};

/// Bytes of an id at most; they are hashes.
const LONGEST: usize = 200;

/// The id of a finding, as a path names it.
#[derive(Clone, Debug)]
pub(crate) struct FindingId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for FindingId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        match path {
            Ok(Path(id)) if id.len() <= LONGEST && !id.contains('\0') => Ok(Self(id)),
            Ok(Path(id)) => Err(missing(&id)),
            Err(_) => Err(ApiError::bad("bad_id", "the id is not UTF-8")),
        }
    }
}

/// A finding that the caller may see.
///
/// # Errors
/// 404 when there is none.
pub(crate) fn visible(reader: &mut Reader, id: &str, who: &Who) -> ApiResult<StoredFinding> {
    reader.finding(id)?.filter(|found| who.sees(found.time)).ok_or_else(|| missing(id))
}

/// No finding of that id, or none that the caller may see.
pub(crate) fn missing(id: &str) -> ApiError {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(64).collect();
    ApiError::not_found(format!("no finding `{shown}`"))
}
