//! What the bytes of an answer become, apart from whoever gave it. A [`Resolver`](crate::Resolver) asks; this is for those who
//! have an answer already, and for tests of answers that nobody should give.

use prost::Message;

use crate::metadata::Metadata;
use crate::oci::OciConfig;
use crate::proto::{containerd, cri as p};
use crate::settings::Limits;
use crate::{containerd as of_containerd, cri};

/// What gave an answer about a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    /// The configuration of an OCI bundle, JSON. It names no container: the caller's id is taken.
    OciBundle,
    /// containerd's `Containers/Get`, protobuf.
    Containerd,
    /// The Container Runtime Interface's `ContainerStatus`, protobuf, asked to be verbose.
    CriContainer,
    /// Its `PodSandboxStatus`, likewise.
    CriSandbox,
}

/// The text for the state of what an answer tells of container `full_id`; `None` when the bytes are no such answer, when it is about
/// another container, or when it is longer than the state takes.
#[must_use]
pub fn from_answer(answerer: Answerer, full_id: &str, bytes: &[u8]) -> Option<String> {
    let metadata = read(answerer, full_id, bytes)?;
    let (text, _) = metadata.to_json(&Limits::default()).filter(|_| metadata.full_id == full_id)?;
    Some(text)
}

fn read(answerer: Answerer, full_id: &str, bytes: &[u8]) -> Option<Metadata> {
    let kind = crate::RuntimeKind::Cri;
    match answerer {
        Answerer::OciBundle => Some(serde_json::from_slice::<OciConfig>(bytes).ok()?.metadata(full_id)),
        Answerer::Containerd => {
            Some(of_containerd::metadata(&containerd::ContainerResponse::decode(bytes).ok()?.container?))
        }
        Answerer::CriContainer => {
            let answer = p::ContainerStatusResponse::decode(bytes).ok()?;
            Some(cri::container(&answer.status?, &cri::info(&answer.info), kind))
        }
        Answerer::CriSandbox => {
            let answer = p::SandboxStatusResponse::decode(bytes).ok()?;
            Some(cri::pod(&answer.status?, &cri::info(&answer.info), kind))
        }
    }
}
