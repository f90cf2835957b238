//! Where a live run gets its events, its facts and its clocks from, on this machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use avouch_event::{Event, Interest, Item, Losses};
use avouch_pipeline::live::{Answer, CaptureSource, ContainerLookup, LiveSource, Now, SourceError, TaskLookup};
use avouch_procfs::{Procfs, TaskFacts};
use avouch_respond::{PatchLabels, Pod};
use avouch_runtime::{ContainerQuery, KubernetesConfig, PodLabels, Reach, Resolver, RuntimeKind};
use avouch_sensor::{Options, Sensor};
use avouch_state::{CgroupContainer, ContainerType};
use nix::time::{ClockId, clock_gettime};

use crate::args::KernelArgs;

/// Opens the kernel sensor, which buffers from now on; or a recording in place of it.
pub(crate) fn open_source(
    kernel: &KernelArgs,
    capture: Option<&Path>,
    interest: &Interest,
) -> anyhow::Result<Box<dyn LiveSource>> {
    if let Some(path) = capture {
        let file = File::open(path).with_context(|| format!("failed to read `{}`", path.display()))?;
        return Ok(Box::new(CaptureSource::new(file)));
    }
    let ring_bytes = kernel.ring_mb.saturating_mul(1 << 20);
    let (snaplen, calls) = (kernel.snaplen, kernel.calls.into());
    let options = Options { ring_bytes, snaplen, calls, interest: interest.clone() };
    let sensor = Sensor::open(&options).map_err(|error| {
        let hint = error.hint.clone();
        let error = anyhow::Error::new(error).context("failed to start the kernel sensor");
        if hint.is_empty() { error } else { error.context(hint) }
    })?;
    Ok(Box::new(Kernel(sensor)))
}

/// The sensor as a source of a live run.
struct Kernel(Sensor);

const KERNEL: &str = "the kernel";

impl LiveSource for Kernel {
    fn poll(&mut self, emit: &mut dyn FnMut(&Item<'_>)) -> Result<u64, SourceError> {
        self.0.poll(emit).map_err(|e| SourceError::Poll { source_name: KERNEL, source: Box::new(e) })
    }

    fn pause(&self) -> Duration {
        self.0.pause()
    }

    fn losses(&self) -> Losses {
        self.0.losses()
    }

    fn set_interest(&mut self, interest: &Interest) -> Result<(), SourceError> {
        let result = self.0.set_interest(interest);
        result.map_err(|e| SourceError::Interest { source_name: KERNEL, source: Box::new(e) })
    }

    fn gaps(&self) -> Vec<String> {
        self.0.gaps()
    }
}

/// Looks up threads that acted and are not known, in /proc.
pub(crate) fn tasks() -> anyhow::Result<Box<dyn TaskLookup>> {
    let procfs = Procfs::open(avouch_procfs::Options::default()).context("failed to read /proc")?;
    let facts = TaskFacts::new(procfs.boot_time());
    Ok(Box::new(Tasks { procfs, facts }))
}

struct Tasks {
    procfs: Procfs,
    facts: TaskFacts,
}

impl TaskLookup for Tasks {
    fn tell(&mut self, tid: i64, timestamp: u64, emit: &mut dyn FnMut(&Event<'_>)) -> bool {
        let facts = &mut self.facts;
        // What its descriptors are is told by the sensor with each call.
        let told = self.procfs.process(tid, false, &mut |item| {
            if let Some(event) = facts.event(item, timestamp) {
                emit(&event);
            }
        });
        told.is_some()
    }
}

/// Tells what runs on this machine now. Returns what could not be read, as a sentence.
pub(crate) fn facts(emit: &mut dyn FnMut(&Item<'_>)) -> anyhow::Result<Option<String>> {
    let procfs = Procfs::open(avouch_procfs::Options::default());
    let c = procfs.context("failed to read what runs on this machine")?.scan(emit);
    let missing: Vec<String> = [
        (c.denied, "processes may not be read wholly"),
        (c.unreadable, "files could not be read"),
        (c.over_threads, "threads are beyond the limit"),
        (c.over_fds, "descriptors are beyond the limit"),
        (c.over_sockets, "sockets are beyond the limit"),
        (c.over_entries, "users or mounts are beyond the limit"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{what}: {n}"))
    .collect();
    Ok((!missing.is_empty()).then(|| format!("of what ran before the start not all is known ({})", missing.join(", "))))
}

/// How to ask for the pods of this node, where a kubeconfig or a service account says so.
fn kubernetes() -> Option<KubernetesConfig> {
    KubernetesConfig::from_environment(|name| std::env::var(name).ok())
}

/// Sets labels of pods, where Kubernetes can be reached.
pub(crate) fn pod_labels() -> Option<Box<dyn PatchLabels + Send>> {
    let labels = PodLabels::new(kubernetes()?.access);
    let set = move |pod: &Pod, wanted: &BTreeMap<String, String>| {
        labels.set(&pod.namespace, &pod.name, pod.uid.as_deref(), wanted).map_err(|e| e.to_string())
    };
    Some(Box::new(set))
}

/// Asks the container runtimes of this machine.
pub(crate) fn lookup() -> anyhow::Result<Box<dyn ContainerLookup>> {
    let config = avouch_runtime::Config { kubernetes: kubernetes(), ..avouch_runtime::Config::default() };
    let resolver = Resolver::start(config).context("failed to start asking runtimes")?;
    Ok(Box::new(Runtimes(resolver)))
}

struct Runtimes(Resolver);

impl ContainerLookup for Runtimes {
    fn ask(&mut self, container: &CgroupContainer<'_>, tid: i64) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // A question that finds the queue full is counted there, and its container is unknown when the wait is over.
        self.0.ask(ContainerQuery {
            id: text(container.id),
            full_id: text(container.full_id),
            cgroup_path: text(container.path),
            pid: u32::try_from(tid).ok(),
            guessed: match container.ty {
                ContainerType::Docker => RuntimeKind::Docker,
                ContainerType::Cri => RuntimeKind::Cri,
                ContainerType::Containerd => RuntimeKind::Containerd,
                ContainerType::CriO => RuntimeKind::CriO,
                ContainerType::Podman => RuntimeKind::Podman,
                _ => RuntimeKind::Unknown,
            },
        });
    }

    fn answers(&mut self, emit: &mut dyn FnMut(Answer<'_>)) {
        use avouch_runtime::Answer as Told;
        self.0.poll(&mut |answer| match &answer {
            Told::Known { id, json, .. } => emit(Answer::Known { id: id.as_bytes(), json: json.as_bytes() }),
            Told::Removed { id, json } => emit(Answer::Gone { id: id.as_bytes(), json: json.as_bytes() }),
            Told::Unknown { id, .. } => emit(Answer::Unknown { id: id.as_bytes() }),
            // Pods reach the state through the metadata of their containers.
            Told::Pod(_) | Told::PodGone(_) => {}
        });
    }

    fn gaps(&self) -> Vec<String> {
        let failing = |(name, reach)| match reach {
            Reach::Fails(why) => Some(format!("{name} does not tell of its containers: {why}")),
            Reach::NotAsked | Reach::NotThere | Reach::Answers => None,
        };
        self.0.sources().into_iter().filter_map(failing).collect()
    }
}

/// What the clocks say. The one that never goes back counts from the boot, time asleep included, as events of the kernel do.
pub(crate) fn now() -> Now {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanoseconds);
    let mono = clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |t| nanoseconds(Duration::from(t)));
    Now { wall, mono }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Release of the running kernel.
pub(crate) fn kernel_release() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").map(|t| t.trim().to_owned()).unwrap_or_default()
}
