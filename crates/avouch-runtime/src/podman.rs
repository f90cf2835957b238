//! podman's API, where its service runs. Events are not watched: an open stream would keep the service alive, which its
//! socket starts on demand and which leaves when idle.

use std::path::Path;

use crate::errors::RuntimeError;
use crate::http::get_json;
use crate::inspect::container;
use crate::metadata::{Metadata, RuntimeKind};

/// A container by its whole id.
pub(crate) async fn find(socket: &Path, full_id: &str, limit: usize) -> Result<Option<Metadata>, RuntimeError> {
    let inspect = get_json(socket, &format!("/v4.0.0/libpod/containers/{full_id}/json"), limit).await?;
    Ok(inspect.and_then(|i| container(&i, RuntimeKind::Podman)).filter(|m| m.full_id == full_id))
}
