//! List, then watch, then list anew when the server has forgotten where we stood.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http_body_util::Empty;
use serde::Deserialize;

use super::access::Access;
use super::call::{in_time, place, request};
use super::pod::{Pod, RawPod};
use super::{KubernetesConfig, PodStore};
use crate::counters::Tallies;
use crate::errors::RuntimeError;
use crate::http::{Exchange, Lines, collect};
use crate::settings::Limits;

/// Pods of one page of a list.
const PAGE: usize = 250;
/// How long the server keeps a watch open.
const WATCH: Duration = Duration::from_secs(300);
/// How long a call may take; a watch may be silent for `WATCH` and this.
const CALL: Duration = Duration::from_secs(15);
/// Pause between watches, so that a server that closes each at once is not asked without end.
const PAUSE: Duration = Duration::from_millis(500);
/// HTTP's "gone": the version that the watch began from is too old.
const GONE: u16 = 410;

/// A pod that came, changed or went.
#[derive(Clone, Debug)]
pub(crate) enum PodChange {
    Seen(Arc<Pod>),
    Gone(Arc<Pod>),
}

/// The watch over the node's pods.
pub(crate) struct Watch<'a> {
    pub(crate) config: &'a KubernetesConfig,
    pub(crate) limits: &'a Limits,
    pub(crate) tallies: &'a Tallies,
}

/// Why a watch came to its end.
enum Ended {
    /// The server closed it, as it does from time to time: go on from the last version.
    Closed,
    /// The server has forgotten the version: list anew.
    Forgotten,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default)]
    items: Vec<Box<serde_json::value::RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ListMeta {
    resource_version: String,
    r#continue: String,
}

#[derive(Deserialize)]
struct WatchEvent<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    object: &'a serde_json::value::RawValue,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    code: u16,
}

impl Watch<'_> {
    /// Keeps the store as the cluster is, until an error. `listed` is called when a list is there, before its
    /// changes are told: whoever hears of a pod finds the cluster reached.
    pub(crate) async fn run(
        &self,
        change: &impl Fn(PodChange),
        store: &std::sync::Mutex<PodStore>,
        listed: &impl Fn(),
    ) -> Result<(), RuntimeError> {
        let access = Access::load(&self.config.access)?;
        loop {
            let mut version = self.list(&access, change, store, listed).await?;
            while let Ended::Closed = self.watch(&access, &mut version, change, store).await? {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn selector(&self) -> String {
        format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{}", escape(&self.config.node_name))
    }

    /// All pods of the node; those of the store that are not among them are gone. Gives the version of the list.
    async fn list(
        &self,
        access: &Access,
        change: &impl Fn(PodChange),
        store: &std::sync::Mutex<PodStore>,
        listed: &impl Fn(),
    ) -> Result<String, RuntimeError> {
        let mut pods = Vec::new();
        let mut page = String::new();
        loop {
            let path = format!("{}&limit={PAGE}{page}", self.selector());
            let place = place(access);
            let body = in_time(&place, CALL, async {
                collect(&place, "pods", call(access, &path).await?, self.limits.response).await
            })
            .await?
            .0;
            let list: List = serde_json::from_slice(&body).map_err(|e| RuntimeError::Unreadable {
                place: place.clone(),
                operation: "pods".to_owned(),
                problem: e.to_string(),
            })?;
            pods.extend(list.items.iter().filter_map(|raw| self.pod(raw.get())).map(|(pod, _)| pod));
            if list.metadata.r#continue.is_empty() || pods.len() > self.limits.listed {
                listed();
                self.replace(pods, change, store);
                return Ok(list.metadata.resource_version);
            }
            page = format!("&continue={}", escape(&list.metadata.r#continue));
        }
    }

    fn replace(&self, pods: Vec<Arc<Pod>>, change: &impl Fn(PodChange), store: &std::sync::Mutex<PodStore>) {
        let known = lock(store).uids();
        for uid in known.iter().filter(|uid| !pods.iter().any(|p| p.uid == **uid)) {
            self.forget(uid, change, store);
        }
        for pod in pods {
            self.keep(pod, change, store);
        }
    }

    fn keep(&self, pod: Arc<Pod>, change: &impl Fn(PodChange), store: &std::sync::Mutex<PodStore>) {
        let known = lock(store).of_uid(&pod.uid).is_some_and(|k| **k == *pod);
        if known {
            return;
        }
        if lock(store).insert(Arc::clone(&pod), self.limits.listed) {
            change(PodChange::Seen(pod));
        } else {
            self.tallies.overflow();
        }
    }

    fn forget(&self, uid: &str, change: &impl Fn(PodChange), store: &std::sync::Mutex<PodStore>) {
        let gone = lock(store).remove(uid);
        if let Some(pod) = gone {
            change(PodChange::Gone(pod));
        }
    }

    /// One pod and its version; one that does not read is counted and does not stop the others.
    fn pod(&self, json: &str) -> Option<(Arc<Pod>, String)> {
        let raw: Option<RawPod> = serde_json::from_str(json).ok();
        let read = raw.and_then(|raw| {
            let version = raw.version().to_owned();
            Some((Arc::new(raw.pod()?), version))
        });
        if read.is_none() {
            self.tallies.bad_answer();
        }
        read
    }

    async fn watch(
        &self,
        access: &Access,
        version: &mut String,
        change: &impl Fn(PodChange),
        store: &std::sync::Mutex<PodStore>,
    ) -> Result<Ended, RuntimeError> {
        let place = place(access);
        let path = format!(
            "{}&watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
            self.selector(),
            escape(version),
            WATCH.as_secs()
        );
        let exchange = match in_time(&place, CALL, call(access, &path)).await {
            Err(RuntimeError::Refused { status, .. }) if status.starts_with("410") => return Ok(Ended::Forgotten),
            other => other?,
        };
        let mut lines = Lines::new(place.clone(), exchange, self.limits.response);
        while let Some(line) = in_time(&place, WATCH + CALL, lines.next()).await? {
            let Ok(event) = serde_json::from_slice::<WatchEvent<'_>>(&line) else {
                self.tallies.bad_answer();
                continue;
            };
            if event.kind == "ERROR" {
                let status: Status = serde_json::from_str(event.object.get()).unwrap_or_default();
                if status.code == GONE {
                    return Ok(Ended::Forgotten);
                }
                let (operation, status) = ("a watch of pods".to_owned(), status.code.to_string());
                return Err(RuntimeError::Refused { place, operation, status });
            }
            if event.kind == "BOOKMARK" {
                if let Ok(mark) = serde_json::from_str::<RawPod>(event.object.get()) {
                    mark.version().clone_into(version);
                }
                continue;
            }
            let Some((pod, newest)) = self.pod(event.object.get()) else { continue };
            *version = newest;
            match event.kind {
                "DELETED" => self.forget(&pod.uid, change, store),
                _ => self.keep(pod, change, store),
            }
        }
        Ok(Ended::Closed)
    }
}

/// The store; a panic of another holder leaves pods that are still pods.
pub(crate) fn lock(store: &std::sync::Mutex<PodStore>) -> std::sync::MutexGuard<'_, PodStore> {
    store.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One GET; anything but success is an error.
async fn call(access: &Access, path: &str) -> Result<Exchange, RuntimeError> {
    request(access, Request::get(path).header("accept", "application/json"), Empty::new()).await
}

/// A value as a query takes it.
fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
