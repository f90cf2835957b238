//! The Docker Engine API.

use std::path::Path;

use serde_json::Value;

use crate::errors::RuntimeError;
use crate::http::{Lines, connect, get, get_json, send};
use crate::inspect::{container, repo_digest};
use crate::metadata::{Metadata, RuntimeKind};
use crate::sources::{Change, ChangeKind, Watched};

/// `{"type":["container"],"event":["start","destroy"]}`, as a query takes it.
const EVENTS: &str =
    "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22start%22%2C%22destroy%22%5D%7D";

/// A container by its whole id.
pub(crate) async fn find(socket: &Path, full_id: &str, limit: usize) -> Result<Option<Metadata>, RuntimeError> {
    let Some(inspect) = get_json(socket, &format!("/containers/{full_id}/json"), limit).await? else {
        return Ok(None);
    };
    // Docker also finds containers by name; only the id counts.
    let Some(mut m) = container(&inspect, RuntimeKind::Docker).filter(|m| m.full_id == full_id) else {
        return Ok(None);
    };
    if let (Some(id), Some(name)) = (m.image_id.clone(), m.image.clone())
        && let Some(image) = get_json(socket, &format!("/images/sha256:{id}/json"), limit).await?
    {
        m.image_digest = repo_digest(&image, &name);
    }
    Ok(Some(m))
}

/// Ids of containers that run.
pub(crate) async fn list(socket: &Path, limit: usize) -> Result<Vec<String>, RuntimeError> {
    let listed = get_json(socket, "/containers/json", limit).await?;
    let containers = listed.as_ref().and_then(Value::as_array).into_iter().flatten();
    Ok(containers.filter_map(|c| c.get("Id")?.as_str()).map(str::to_owned).collect())
}

/// Tells of containers as they start and end, until the stream breaks.
pub(crate) async fn watch(socket: &Path, limit: usize, tell: &impl Fn(Change)) -> Result<Watched, RuntimeError> {
    let place = socket.display().to_string();
    let exchange = send(&place, connect(socket).await?, get(&place, "localhost", EVENTS)?).await?;
    let status = exchange.response.status();
    if !status.is_success() {
        return Err(RuntimeError::Refused { place, operation: EVENTS.to_owned(), status: status.to_string() });
    }
    let mut lines = Lines::new(place.clone(), exchange, limit);
    while let Some(line) = lines.next().await? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let event: Value = serde_json::from_slice(&line).map_err(|e| RuntimeError::Unreadable {
            place: place.clone(),
            operation: "events".to_owned(),
            problem: e.to_string(),
        })?;
        let kind = match event.get("Action").and_then(Value::as_str) {
            Some("start") => ChangeKind::Born,
            Some("destroy") => ChangeKind::Gone,
            _ => continue,
        };
        if let Some(id) = event.pointer("/Actor/ID").and_then(Value::as_str) {
            tell(Change { full_id: id.to_owned(), namespace: None, kind });
        }
    }
    Ok(Watched::Ended)
}
