//! Who did something: process, user, container, pod.

use avouch_finding::MOST_ANCESTORS;
use avouch_state::{State, Thread};

use super::records::Who;

/// Not set, as the kernel says it.
const NO_LOGIN: u32 = u32::MAX;

/// The process of `thread`, as `state` knows it.
#[must_use]
pub fn who(state: &State, thread: &Thread) -> Who {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut out = Who {
        pid: thread.pid,
        ppid: state.ancestor(thread, 1).map_or(thread.ptid, |p| p.pid),
        exe: exe(thread),
        name: text(thread.comm()),
        ancestors: state.ancestors(thread).take(MOST_ANCESTORS).map(|t| text(t.comm())).collect(),
        uid: thread.uid,
        user: state.user(thread.container, thread.uid).map(|u| text(&u.name)).unwrap_or_default(),
        loginuid: Some(thread.loginuid).filter(|id| *id != NO_LOGIN),
        ..Who::default()
    };
    if let Some(container) = state.container(thread).filter(|_| !thread.container.is_host()) {
        out.container = text(&container.id);
        if let Some(meta) = &container.meta {
            let label = |key: &str| meta.label(key).or_else(|| meta.pod_label(key)).unwrap_or_default().to_owned();
            out.container_name = meta.name.to_string();
            out.image = meta.image_repo.to_string();
            out.pod = label("io.kubernetes.pod.name");
            out.namespace = label("io.kubernetes.pod.namespace");
        }
    }
    out
}

/// Path of the program, or its name when the path is not known.
pub(super) fn exe(thread: &Thread) -> String {
    let path: &[u8] = if thread.exepath.is_empty() { thread.comm() } else { &thread.exepath };
    String::from_utf8_lossy(path).into_owned()
}

/// Name and arguments as they were given, and where the arguments after the first begin, 0 for none.
pub(super) fn cmdline(thread: &Thread) -> (String, u32) {
    let mut out = String::from_utf8_lossy(&thread.exe).into_owned();
    let args_at = if thread.cmdline.arg_count() > 0 { out.len() + 1 } else { 0 };
    for arg in thread.cmdline.args() {
        out.push(' ');
        out.push_str(&String::from_utf8_lossy(arg));
    }
    (out, u32::try_from(args_at).unwrap_or(0))
}

/// What is special about the executable of `thread`.
pub(super) fn exe_file(thread: &Thread) -> Vec<&'static str> {
    let file = &thread.exe_file;
    let all = [
        (file.writable, "writable"),
        (file.upper_layer, "upper_layer"),
        (file.lower_layer, "lower_layer"),
        (file.from_memfd, "memfd"),
    ];
    all.into_iter().filter_map(|(is, name)| is.then_some(name)).collect()
}
