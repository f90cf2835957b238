//! Pods that are known now.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pod::Pod;
use crate::metadata::Metadata;

/// Pods by uid, and which pod a container is in.
#[derive(Default)]
pub(crate) struct PodStore {
    pods: BTreeMap<String, Arc<Pod>>,
    /// Container's whole id to the uid of its pod.
    containers: BTreeMap<String, String>,
}

impl PodStore {
    /// Keeps a pod. `false` when as many as may be are kept already.
    pub(crate) fn insert(&mut self, pod: Arc<Pod>, most: usize) -> bool {
        self.remove(&pod.uid);
        if self.pods.len() >= most {
            return false;
        }
        for id in pod.containers.iter().filter_map(|c| c.id.clone()) {
            self.containers.insert(id, pod.uid.clone());
        }
        self.pods.insert(pod.uid.clone(), pod);
        true
    }

    pub(crate) fn remove(&mut self, uid: &str) -> Option<Arc<Pod>> {
        let pod = self.pods.remove(uid)?;
        self.containers.retain(|_, of| of != uid);
        Some(pod)
    }

    /// The pod as it is known now.
    pub(crate) fn of_uid(&self, uid: &str) -> Option<&Arc<Pod>> {
        self.pods.get(uid)
    }

    /// Uids of all pods.
    pub(crate) fn uids(&self) -> Vec<String> {
        self.pods.keys().cloned().collect()
    }

    /// What a pod's object tells of a container; `None` when no pod has it.
    pub(crate) fn metadata(&self, full_id: &str) -> Option<Metadata> {
        let pod = self.pods.get(self.containers.get(full_id)?)?;
        let container = pod.containers.iter().find(|c| c.id.as_deref() == Some(full_id))?;
        let mut m = pod.metadata(container);
        pod.fill(&mut m);
        Some(m)
    }

    /// Adds to a container what its pod tells: by the container's id, else by the pod's uid that the kubelet wrote on
    /// it.
    pub(crate) fn fill(&self, m: &mut Metadata) {
        if let Some(told) = self.metadata(&m.full_id) {
            m.fill_from(told);
            return;
        }
        let uid = m.labels.get("io.kubernetes.pod.uid").or_else(|| m.pod_sandbox_labels.get("io.kubernetes.pod.uid"));
        if let Some(pod) = uid.and_then(|uid| self.pods.get(uid)).cloned() {
            pod.fill(m);
        }
    }
}
