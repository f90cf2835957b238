//! The store of containers and images that podman (and cri-o) keep on disk, by the library containers/storage.
//!
//! It tells names, images and digests. Labels, addresses and health checks stand in podman's database, which is not
//! read: they stay unknown unless podman's socket tells them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::errors::RuntimeError;
use crate::files::read_json;
use crate::metadata::{Metadata, without_algorithm};
use crate::rfc3339;

/// What stands after the driver's name in the name of the folder of containers.
const CONTAINERS: &str = "-containers";

#[derive(Deserialize)]
struct StoredContainer {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    image: String,
    #[serde(default)]
    metadata: String,
    #[serde(default)]
    created: String,
}

#[derive(Deserialize)]
struct StoredImage {
    id: String,
    #[serde(default)]
    digest: String,
}

/// Folders of containers in a store, one a driver.
fn folders(store: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(store).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        entries.filter(|e| e.file_name().to_string_lossy().ends_with(CONTAINERS)).map(|e| e.path()).collect();
    folders.sort();
    folders
}

/// Bundles of a container in a store.
pub(crate) fn bundles(store: &Path, full_id: &str) -> Vec<PathBuf> {
    folders(store).into_iter().map(|f| f.join(full_id).join("userdata")).collect()
}

/// Ids of all containers of a store; a list that does not read has none.
pub(crate) fn ids(store: &Path, limit: usize) -> Vec<String> {
    let lists = folders(store).into_iter().filter_map(|f| containers(&f, limit).ok()?);
    lists.flatten().map(|c| c.id).collect()
}

fn containers(folder: &Path, limit: usize) -> Result<Option<Vec<StoredContainer>>, RuntimeError> {
    // Containers that vanish with the machine stand in a list of their own.
    let lasting: Option<Vec<StoredContainer>> = read_json(&folder.join("containers.json"), limit)?;
    let volatile: Option<Vec<StoredContainer>> = read_json(&folder.join("volatile-containers.json"), limit)?;
    Ok(match (lasting, volatile) {
        (None, None) => None,
        (a, b) => Some(a.into_iter().chain(b).flatten().collect()),
    })
}

/// Adds what the store that holds a bundle tells; `false` when the bundle lies in no store, or the store does not know
/// the container.
pub(crate) fn fill(bundle: &Path, full_id: &str, limit: usize, m: &mut Metadata) -> Result<bool, RuntimeError> {
    // <store>/<driver>-containers/<id>/userdata
    let Some(folder) = bundle.parent().and_then(Path::parent) else { return Ok(false) };
    let Some(driver) = folder.file_name().and_then(|n| n.to_str()?.strip_suffix(CONTAINERS)) else {
        return Ok(false);
    };
    let Some(stored) = containers(folder, limit)?.into_iter().flatten().find(|c| c.id == full_id) else {
        return Ok(false);
    };
    let kept: Value = serde_json::from_str(&stored.metadata).unwrap_or(Value::Null);
    let kept = |key: &str| kept.get(key).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    let name = stored.names.into_iter().flatten().next();
    m.name = m.name.take().or(name).or_else(|| kept("name"));
    m.image = m.image.take().or_else(|| kept("image-name"));
    m.created = m.created.or_else(|| rfc3339::seconds(&stored.created));
    let image_id = Some(stored.image).filter(|i| !i.is_empty());
    let images = folder.parent().map(|store| store.join(format!("{driver}-images/images.json")));
    if let (Some(id), Some(path)) = (&image_id, images) {
        let images: Option<Vec<StoredImage>> = read_json(&path, limit)?;
        let image = images.into_iter().flatten().find(|i| i.id == *id);
        m.image_digest = m.image_digest.take().or(image.map(|i| i.digest).filter(|d| !d.is_empty()));
    }
    m.image_id = m.image_id.take().or(image_id.map(|i| without_algorithm(&i).to_owned()));
    Ok(true)
}
