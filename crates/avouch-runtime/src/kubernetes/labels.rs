//! Labels of pods, set on demand: how a pod is put into quarantine, where a network policy waits for the label.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Request;
use http_body_util::Full;
use serde_json::json;

use super::AccessConfig;
use super::access::Access;
use super::call::{in_time, place, request};
use crate::errors::RuntimeError;
use crate::http::collect;

/// How long the call may take.
const CALL: Duration = Duration::from_secs(10);
/// Bytes of the answer that are read: the pod as it is now, which nobody looks at.
const ANSWER: usize = 4 << 20;

/// Sets labels of pods. Needs the right to patch pods, which watching does not.
#[derive(Clone, Debug)]
pub struct PodLabels(AccessConfig);

impl PodLabels {
    /// With these access data, which are read anew for each call.
    #[must_use]
    pub fn new(access: AccessConfig) -> Self {
        Self(access)
    }

    /// Sets `labels` of the pod and leaves its others alone; with `uid`, only when the pod of that name still is the one that is
    /// meant. Waits for the answer, ten seconds at most.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses.
    pub fn set(
        &self,
        namespace: &str,
        name: &str,
        uid: Option<&str>,
        labels: &BTreeMap<String, String>,
    ) -> Result<(), RuntimeError> {
        let access = Access::load(&self.0)?;
        let place = place(&access);
        let wrong = |problem: &str| RuntimeError::Protocol { place: place.clone(), problem: problem.to_owned() };
        // Both become part of a path.
        if ![namespace, name].iter().all(|n| is_name(n)) {
            return Err(wrong("the pod's namespace or name is not one that Kubernetes allows"));
        }
        let mut metadata = json!({ "labels": labels });
        if let Some(uid) = uid {
            // The API refuses the patch when the pod has another one.
            metadata["uid"] = json!(uid);
        }
        let body = json!({ "metadata": metadata }).to_string();
        let patch = Request::patch(format!("/api/v1/namespaces/{namespace}/pods/{name}"))
            .header("content-type", "application/merge-patch+json")
            .header("accept", "application/json");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| wrong(&e.to_string()))?;
        runtime.block_on(in_time(&place, CALL, async {
            let exchange = request(&access, patch, Full::from(body)).await?;
            collect(&place, "patch", exchange, ANSWER).await.map(|_| ())
        }))
    }
}

/// A name as Kubernetes allows it for objects.
fn is_name(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        && !name.contains("..")
}
