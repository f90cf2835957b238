//! The processes, descriptors, users and containers that scripted events act in.

use std::collections::BTreeMap;

use avouch_event::{EventBuf, EventType, FdEntry, FdKind, Item, L4Proto, ProcessEntry, UserEntry, types};
use serde_json::{Map, Value as Json, json};

use super::ScriptError;

/// Time of the scripted world's first moment, ns since the epoch: 2026-01-01T00:00:00Z.
pub(super) const START: u64 = 1_767_225_600_000_000_000;

/// Number of the first process; ancestors count up from it.
const FIRST_PID: i64 = 100;

#[derive(Debug, Clone, Default)]
struct Process {
    pid: i64,
    parent: i64,
    name: String,
    exe: String,
    exepath: String,
    args: Vec<String>,
    cwd: String,
    env: Vec<String>,
    uid: u32,
    gid: u32,
    loginuid: Option<u32>,
    tty: u32,
    sid: Option<i64>,
    vpid: Option<i64>,
    caps: u64,
    exe_writable: bool,
    exe_upper_layer: bool,
    exe_from_memfd: bool,
    container: Option<String>,
    fds: BTreeMap<i64, String>,
}

/// Everything that stands before the first scripted event.
#[derive(Debug, Default)]
pub struct World {
    processes: Vec<Process>,
    /// `pid` or name to index.
    by_key: BTreeMap<String, usize>,
    users: BTreeMap<u32, String>,
    containers: BTreeMap<String, Json>,
    next_pid: i64,
}

impl World {
    /// The process that `proc` describes, made on first sight. Returns its index.
    pub(super) fn process(&mut self, desc: &Map<String, Json>) -> Result<usize, ScriptError> {
        let text = |key: &str| match desc.get(key) {
            None => Ok(None),
            Some(Json::String(s)) => Ok(Some(s.clone())),
            Some(_) => Err(ScriptError::Shape { key: format!("proc.{key}"), expected: "a text" }),
        };
        let number = |key: &str| match desc.get(key) {
            None => Ok(None),
            Some(v) => {
                v.as_i64().map(Some).ok_or(ScriptError::Shape { key: format!("proc.{key}"), expected: "a number" })
            }
        };
        let texts = |key: &str| match desc.get(key) {
            None => Ok(Vec::new()),
            Some(Json::Array(a)) if a.iter().all(Json::is_string) => {
                Ok(a.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
            }
            Some(_) => Err(ScriptError::Shape { key: format!("proc.{key}"), expected: "a list of texts" }),
        };
        let flag = |key: &str| desc.get(key).and_then(Json::as_bool).unwrap_or(false);
        const KEYS: &[&str] = &[
            "name",
            "pid",
            "exe",
            "exepath",
            "args",
            "cmdline",
            "cwd",
            "env",
            "uid",
            "gid",
            "user",
            "loginuid",
            "tty",
            "sid",
            "vpid",
            "cap_effective",
            "is_exe_writable",
            "is_exe_upper_layer",
            "is_exe_from_memfd",
            "pname",
            "ancestors",
            "container",
            "fds",
        ];
        if let Some(key) = desc.keys().find(|k| !KEYS.contains(&k.as_str())) {
            return Err(ScriptError::UnknownKey(key.clone()));
        }

        let name = text("name")?.unwrap_or_else(|| "program".to_owned());
        let key = number("pid")?.map_or_else(|| format!("name {name}"), |p| format!("pid {p}"));
        if let Some(&index) = self.by_key.get(&key) {
            return Ok(index);
        }
        let mut process = Process {
            pid: number("pid")?.unwrap_or_else(|| self.fresh_pid()),
            exe: text("exe")?.unwrap_or_else(|| name.clone()),
            exepath: text("exepath")?.unwrap_or_else(|| format!("/usr/bin/{name}")),
            args: texts("args")?,
            cwd: text("cwd")?.unwrap_or_else(|| "/".to_owned()),
            env: texts("env")?,
            uid: narrow(number("uid")?),
            gid: narrow(number("gid")?),
            loginuid: number("loginuid")?.map(|n| narrow(Some(n))),
            tty: narrow(number("tty")?),
            sid: number("sid")?,
            vpid: number("vpid")?,
            caps: number("cap_effective")?.unwrap_or(0).cast_unsigned(),
            exe_writable: flag("is_exe_writable"),
            exe_upper_layer: flag("is_exe_upper_layer"),
            exe_from_memfd: flag("is_exe_from_memfd"),
            name,
            ..Process::default()
        };
        if let Some(cmdline) = text("cmdline")? {
            process.args = cmdline.split(' ').skip(1).map(str::to_owned).collect();
        }
        if let Some(user) = text("user")? {
            self.users.insert(process.uid, user);
        }
        if let Some(container) = desc.get("container") {
            process.container = Some(self.container(container)?);
        }
        if let Some(fds) = desc.get("fds") {
            let shape = || ScriptError::Shape { key: "proc.fds".to_owned(), expected: "an object of number to name" };
            for (fd, target) in fds.as_object().ok_or_else(shape)? {
                let fd = fd.parse().map_err(|_| shape())?;
                process.fds.insert(fd, target.as_str().ok_or_else(shape)?.to_owned());
            }
        }
        let mut ancestors = texts("ancestors")?;
        if let Some(parent) = text("pname")? {
            ancestors.insert(0, parent);
        }
        process.parent = self.ancestors(&ancestors, process.container.clone());
        let index = self.processes.len();
        self.processes.push(process);
        self.by_key.insert(key, index);
        Ok(index)
    }

    fn fresh_pid(&mut self) -> i64 {
        self.next_pid += 1;
        FIRST_PID + self.next_pid - 1
    }

    /// Makes one process a name, nearest first, and returns the pid of the nearest (1 when there is none).
    fn ancestors(&mut self, names: &[String], container: Option<String>) -> i64 {
        let mut nearest = 1;
        let mut pids: Vec<i64> = names.iter().map(|_| self.fresh_pid()).collect();
        pids.push(1);
        for (i, name) in names.iter().enumerate() {
            let (Some(&pid), Some(&parent)) = (pids.get(i), pids.get(i + 1)) else { break };
            if i == 0 {
                nearest = pid;
            }
            self.processes.push(Process {
                pid,
                parent,
                name: name.clone(),
                exe: name.clone(),
                exepath: format!("/usr/bin/{name}"),
                cwd: "/".to_owned(),
                container: container.clone(),
                ..Process::default()
            });
        }
        nearest
    }

    /// Remembers a container's metadata and returns its full id, 64 hexadecimal digits.
    fn container(&mut self, json: &Json) -> Result<String, ScriptError> {
        let shape = || ScriptError::Shape { key: "proc.container".to_owned(), expected: "an id, or an object with id" };
        let mut meta = match json {
            Json::String(id) => json!({ "id": id }),
            Json::Object(_) => json.clone(),
            _ => return Err(shape()),
        };
        let id = meta.get("id").and_then(Json::as_str).ok_or_else(shape)?;
        if id.is_empty() || id.len() > 64 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(shape());
        }
        let full: String = id.chars().cycle().take(64).collect();
        let short: String = full.chars().take(12).collect();
        let object = meta.as_object_mut().ok_or_else(shape)?;
        object.insert("id".to_owned(), json!(short));
        object.insert("full_id".to_owned(), json!(full));
        object.entry("type").or_insert(json!(0));
        if object.len() > 3 {
            self.containers.insert(full.clone(), meta);
        }
        Ok(full)
    }

    /// Thread of a process (its main one).
    pub(super) fn tid(&self, index: usize) -> i64 {
        self.processes.get(index).map_or(-1, |p| p.pid)
    }

    /// What the kernel tells in exec events about the process itself is taken from `proc` where `params` do not say it.
    pub(super) fn fill(&self, ty: EventType, index: usize, params: &mut Map<String, Json>) {
        let (true, Some(p)) = (matches!(ty, types::EXECVE_19_X | types::EXECVEAT_X), self.processes.get(index)) else {
            return;
        };
        let flags = u32::from(p.exe_writable) | u32::from(p.exe_upper_layer) << 1 | u32::from(p.exe_from_memfd) << 2;
        let known = [
            ("res", json!(0)),
            ("exe", json!(p.exe)),
            ("args", json!(p.args)),
            ("tid", json!(p.pid)),
            ("pid", json!(p.pid)),
            ("ptid", json!(p.parent)),
            ("comm", json!(p.name)),
            ("cgroups", json!([p.cgroup()])),
            ("env", json!(p.env)),
            ("tty", json!(p.tty)),
            ("loginuid", json!(p.loginuid.unwrap_or(u32::MAX))),
            ("flags", json!(flags)),
            ("cap_effective", json!(p.caps)),
            ("uid", json!(p.uid)),
            ("gid", json!(p.gid)),
            ("trusted_exepath", json!(p.exepath)),
        ];
        for (key, value) in known {
            params.entry(key).or_insert(value);
        }
    }

    /// Tells the world as items: users, processes (parents first or not: the state links them by id), descriptors.
    pub(super) fn tell(&self, each: &mut impl FnMut(&Item<'_>)) {
        for (uid, name) in &self.users {
            let home = if *uid == 0 { "/root".to_owned() } else { format!("/home/{name}") };
            each(&Item::User(UserEntry {
                uid: *uid,
                gid: *uid,
                name: name.as_bytes(),
                home: home.as_bytes(),
                shell: b"/bin/sh",
                container_id: b"",
            }));
        }
        let init = Process { pid: 1, name: "init".to_owned(), exe: "/sbin/init".to_owned(), ..Process::default() };
        for process in std::iter::once(&init).chain(&self.processes) {
            process.tell(each);
        }
        each(&Item::SnapshotEnd);
    }

    /// Container metadata, which reaches an engine as asynchronous events.
    pub(super) fn container_events(&self) -> Vec<EventBuf> {
        self.containers
            .values()
            .map(|meta| {
                let mut buf = EventBuf::new(types::ASYNCEVENT_E);
                buf.timestamp = START;
                buf.push_u32(0).push_charbuf(b"container");
                buf.push_charbuf(json!({ "container": meta }).to_string().as_bytes());
                buf
            })
            .collect()
    }
}

fn narrow(n: Option<i64>) -> u32 {
    n.map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX))
}

impl Process {
    fn cgroup(&self) -> String {
        match &self.container {
            Some(id) => format!("cpuset=/docker/{id}"),
            None => "cpuset=/".to_owned(),
        }
    }

    fn tell(&self, each: &mut impl FnMut(&Item<'_>)) {
        let joined = |parts: &[String]| parts.iter().flat_map(|p| p.bytes().chain([0])).collect::<Vec<u8>>();
        let (args, env) = (joined(&self.args), joined(&self.env));
        let cgroups = joined(&[self.cgroup()]);
        each(&Item::Process(ProcessEntry {
            tid: self.pid,
            pid: self.pid,
            ptid: self.parent,
            sid: self.sid.unwrap_or(self.pid),
            vpgid: self.pid,
            pgid: self.pid,
            vtid: self.pid,
            vpid: self.vpid.unwrap_or(self.pid),
            comm: self.name.as_bytes(),
            exe: self.exe.as_bytes(),
            exepath: self.exepath.as_bytes(),
            args: &args,
            cwd: self.cwd.as_bytes(),
            env: &env,
            cgroups: &cgroups,
            fdlimit: 1024,
            uid: self.uid,
            gid: self.gid,
            tty: self.tty,
            loginuid: self.loginuid.unwrap_or(u32::MAX),
            cap_effective: self.caps,
            exe_writable: self.exe_writable,
            exe_upper_layer: self.exe_upper_layer,
            exe_from_memfd: self.exe_from_memfd,
            ..ProcessEntry::default()
        }));
        for (fd, target) in &self.fds {
            each(&Item::Fd(self.pid, FdEntry { fd: *fd, ino: 0, kind: kind(target) }));
        }
    }
}

/// `10.0.0.2:4000->10.0.0.1:80` is a TCP socket, `dir:/x` a directory, `pipe:` a pipe, anything else a file.
fn kind(target: &str) -> FdKind<'_> {
    if let Some((source, dest)) = target.split_once("->")
        && let (Ok(source), Ok(dest)) = (source.parse(), dest.parse())
    {
        let ends = |a: std::net::SocketAddr| (a.ip(), a.port());
        return FdKind::Socket { source: ends(source), dest: ends(dest), proto: L4Proto::Tcp };
    }
    match target.split_once(':') {
        Some(("dir", name)) => FdKind::Directory { name: name.as_bytes() },
        Some(("pipe", name)) => FdKind::Fifo { name: name.as_bytes() },
        _ => FdKind::File { name: target.as_bytes(), open_flags: 0, dev: 0 },
    }
}
