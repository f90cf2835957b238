//! What runtimes, bundles and the cluster's API tell of containers and pods.

use avouch_runtime::{Answerer, Pod, from_answer};
use serde_json::Value;

/// Bytes that the state takes of one container's metadata.
const MOST: usize = 1 << 20;
/// The container that is asked about.
pub const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

/// Any answer becomes metadata of the container that was asked about, within the bounds of the state, or none.
pub fn runtime(data: &[u8]) {
    let (first, answer) = data.split_at(data.len().min(1));
    let answerer = match first.first().copied().unwrap_or(0) % 5 {
        0 => Answerer::OciBundle,
        1 => Answerer::Containerd,
        2 => Answerer::CriContainer,
        3 => Answerer::CriSandbox,
        _ => return pod(answer),
    };
    let Some(metadata) = from_answer(answerer, ID, answer) else { return };
    assert!(metadata.len() < MOST, "{}", metadata.len());
    let read: Value = serde_json::from_str(&metadata).expect("JSON");
    assert_eq!(read["container"]["full_id"], ID);
}

fn pod(object: &[u8]) {
    let Some(pod) = Pod::from_json(object) else { return };
    assert!(!pod.uid.is_empty());
    // Each container takes more than a byte of the object.
    assert!(pod.containers.len() < object.len());
}
