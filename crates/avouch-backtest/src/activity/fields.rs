//! The fields of an event as its record of activity tells them.
//!
//! A field is set here only where the record fixes the very value that its reader (`avouch-state` `fields/`) gave; whatever is not set stays
//! unknown. `tests/history/activity.rs` holds it against replays.

mod connections;
mod files;

use avouch_finding::{Command, Fact, MOST_ANCESTORS, Time, Who};

use crate::condition::Leaves;
use crate::recorded::Recorded;
pub(super) use files::{calls, opens};

/// Fields of the descriptor, absent at a call that has to do with none.
const OF_DESCRIPTOR: &[&str] = &[
    "fd.num",
    "fd.type",
    "fd.typechar",
    "fd.name",
    "fd.nameraw",
    "fd.directory",
    "fd.filename",
    "fd.l4proto",
    "fd.sockfamily",
    "fd.is_server",
    "fd.containername",
    "fd.containerdirectory",
    "fd.dev",
    "fd.ino",
];
/// Fields of the ends of a connection, absent for what is none.
const OF_ENDS: &[&str] = &[
    "fd.ip",
    "fd.cip",
    "fd.sip",
    "fd.lip",
    "fd.rip",
    "fd.port",
    "fd.cport",
    "fd.sport",
    "fd.lport",
    "fd.rport",
    "fd.proto",
    "fd.cproto",
    "fd.sproto",
    "fd.lproto",
    "fd.rproto",
    "fd.net",
    "fd.cnet",
    "fd.snet",
    "fd.lnet",
    "fd.rnet",
];
/// Fields of the paths that a call names.
const OF_PATHS: &[&str] = &["fs.path.name", "fs.path.source", "fs.path.target"];
/// Parameters that name paths: absent from calls that have none of that name.
const PATH_ARGS: [&str; 9] = [
    "evt.arg.oldpath",
    "evt.arg.newpath",
    "evt.arg.linkpath",
    "evt.arg.target",
    "evt.arg.path",
    "evt.arg.name",
    "evt.arg.dir",
    "evt.arg.filename",
    "evt.arg.pathname",
];
/// Whether a call opens a file, and how.
const OF_OPENS: &[&str] = &["evt.is_open_read", "evt.is_open_write", "evt.is_open_exec", "evt.is_open_create"];
/// Whether a call reads or writes a descriptor; none that activity keeps does.
const OF_TRANSFERS: &[&str] = &["evt.is_io", "evt.is_io_read", "evt.is_io_write", "evt.is_wait", "evt.is_syslog"];
/// Texts of a container that are empty on the machine itself.
const EMPTY_ON_HOST: &[&str] = &[
    "container.image",
    "container.image.id",
    "container.image.repository",
    "container.image.tag",
    "container.image.digest",
    "container.mounts",
    "container.labels",
];
/// Flags of a container, false on the machine itself.
const FALSE_ON_HOST: &[&str] =
    &["container.privileged", "container.host_pid", "container.host_network", "container.host_ipc"];
/// Names of ancestors, by distance.
const ANCESTORS: [&str; MOST_ANCESTORS] = [
    "proc.aname[1]",
    "proc.aname[2]",
    "proc.aname[3]",
    "proc.aname[4]",
    "proc.aname[5]",
    "proc.aname[6]",
    "proc.aname[7]",
    "proc.aname[8]",
    "proc.aname[9]",
    "proc.aname[10]",
    "proc.aname[11]",
    "proc.aname[12]",
];

/// Takes the fields of one event.
pub(crate) struct Teller<'l>(pub(crate) &'l mut Leaves);

impl Teller<'_> {
    fn set(&mut self, field: &str, value: impl FnOnce() -> Recorded) {
        if self.0.wants(field) {
            self.0.set(field, value());
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        self.set(field, || Recorded::text(text));
    }

    fn int(&mut self, field: &str, n: i64) {
        self.set(field, || Recorded::Int(n));
    }

    fn uint(&mut self, field: &str, n: u64) {
        self.set(field, || Recorded::Uint(n));
    }

    fn flag(&mut self, field: &str, is: bool) {
        self.set(field, || Recorded::Bool(is));
    }

    fn all(&mut self, fields: &[&str], value: &Recorded) {
        for field in fields {
            self.set(field, || value.clone());
        }
    }

    fn absent(&mut self, fields: &[&str]) {
        self.all(fields, &Recorded::Absent);
    }

    /// The call returned this, and no error.
    fn returned(&mut self, n: i64) {
        self.int("evt.rawres", n);
        self.text("evt.res", "SUCCESS");
        self.flag("evt.failed", false);
    }

    /// What is true of every call that activity keeps.
    fn call(&mut self, name: &str) {
        self.text("evt.source", "syscall");
        self.text("evt.dir", "<");
        self.flag("evt.is_async", false);
        self.uint("evt.count", 1);
        self.all(OF_TRANSFERS, &Recorded::Bool(false));
        // Older records do not tell it.
        if !name.is_empty() {
            self.text("evt.type", name);
        }
    }

    fn no_descriptor(&mut self) {
        self.absent(OF_DESCRIPTOR);
        self.absent(OF_ENDS);
    }

    /// The call has no parameter for a path but those that `has` knows.
    fn no_path_args(&mut self, has: impl Fn(&str) -> bool) {
        for field in PATH_ARGS {
            if !field.strip_prefix("evt.arg.").is_some_and(&has) {
                self.absent(&[field]);
            }
        }
    }

    fn opens_nothing(&mut self) {
        self.all(OF_OPENS, &Recorded::Bool(false));
    }

    fn who(&mut self, who: &Who) {
        // Ids beyond 32 bits are made up by sources that cannot tell real ones, and are shown as none.
        let shown = |id: i64| {
            if (-1..=i64::from(u32::MAX)).contains(&id) { Recorded::Int(id) } else { Recorded::Absent }
        };
        self.set("proc.pid", || shown(who.pid));
        // Without a path it is the name.
        if who.exe.starts_with('/') {
            self.text("proc.exepath", &who.exe);
        }
        self.uint("user.uid", u64::from(who.uid));
        if !who.user.is_empty() {
            self.text("user.name", &who.user);
        }
        self.int("user.loginuid", who.loginuid.map_or(-1, i64::from));
        if !who.name.is_empty() {
            self.text("proc.name", &who.name);
            self.ancestors(who, &shown);
        }
        if who.container.is_empty() { self.host() } else { self.container(who) }
    }

    fn ancestors(&mut self, who: &Who, shown: &dyn Fn(i64) -> Recorded) {
        let names = &who.ancestors;
        match names.first() {
            Some(parent) => {
                self.text("proc.pname", parent);
                self.set("proc.ppid", || shown(who.ppid));
            }
            None => self.absent(&["proc.pname", "proc.ppid"]),
        }
        // Of a chain as long as may be told nobody knows how it went on.
        let whole = names.len() < MOST_ANCESTORS;
        for (n, field) in ANCESTORS.iter().enumerate() {
            match names.get(n) {
                Some(name) => self.text(field, name),
                None if whole => self.absent(&[*field]),
                None => {}
            }
        }
        if whole {
            self.set("proc.aname", || Recorded::texts(names));
        }
    }

    fn host(&mut self) {
        for field in ["container.id", "container.full_id", "container.name", "container.type"] {
            self.text(field, "host");
        }
        self.all(EMPTY_ON_HOST, &Recorded::Text(String::new()));
        self.all(FALSE_ON_HOST, &Recorded::Bool(false));
        self.absent(&["k8s.pod.name", "k8s.ns.name"]);
    }

    fn container(&mut self, who: &Who) {
        self.text("container.id", &who.container);
        // Without a name its runtime may not have been asked yet.
        if who.container_name.is_empty() {
            return;
        }
        self.text("container.name", &who.container_name);
        if !who.name.is_empty() {
            self.text("container.image.repository", &who.image);
        }
        for (field, value) in [("k8s.pod.name", &who.pod), ("k8s.ns.name", &who.namespace)] {
            if value.is_empty() { self.absent(&[field]) } else { self.text(field, value) }
        }
    }

    fn command(&mut self, c: &Command) {
        self.call(&c.call);
        self.returned(0);
        self.no_descriptor();
        self.opens_nothing();
        self.absent(OF_PATHS);
        self.no_path_args(|arg| arg == "filename");
        self.who(&c.who);
        self.text("proc.cwd", &c.cwd);
        self.uint("proc.tty", u64::from(c.tty));
        // -1 is what a capture says that does not know it.
        match c.vpid {
            0 => {}
            -1 => self.absent(&["proc.vpid"]),
            vpid => self.int("proc.vpid", vpid),
        }
        // Older records do not tell where the first argument ends.
        if c.call.is_empty() {
            return;
        }
        self.arguments(c);
        let special = |what: &str| c.exe_file.iter().any(|s| s == what);
        for (field, what) in [
            ("proc.is_exe_writable", "writable"),
            ("proc.is_exe_upper_layer", "upper_layer"),
            ("proc.is_exe_lower_layer", "lower_layer"),
            ("proc.is_exe_from_memfd", "memfd"),
        ] {
            self.flag(field, special(what));
        }
    }

    fn arguments(&mut self, c: &Command) {
        // What the ledger replaced moves all that follows.
        let line = c.cmdline.as_str();
        let Recorded::Text(_) = Recorded::text(line) else { return };
        let at = c.args_at as usize;
        let parts = match at.checked_sub(1) {
            None => Some((line, None)),
            Some(end) => line.get(..end).zip(line.get(at..)).map(|(exe, args)| (exe, Some(args))),
        };
        let Some((exe, args)) = parts else { return };
        self.text("proc.exe", exe);
        self.text("proc.args", args.unwrap_or_default());
        self.set("proc.exeline", || Recorded::text(&format!("{exe} {}", args.unwrap_or_default())));
        if !c.who.name.is_empty() {
            self.set("proc.cmdline", || match args {
                Some(args) => Recorded::text(&format!("{} {args}", c.who.name)),
                None => Recorded::text(&c.who.name),
            });
        }
    }
}

/// Tells the fields of the event behind a record of activity, and when it was; `None` for another fact. Of condensed connections it is
/// the first.
pub(crate) fn tell(fact: &Fact, to: &mut Teller<'_>) -> Option<Time> {
    Some(match fact {
        Fact::Command(c) => {
            to.command(c);
            c.time
        }
        Fact::Connection(c) => {
            to.connection(c);
            c.first
        }
        Fact::File(f) => {
            to.file(f);
            f.time
        }
        _ => return None,
    })
}
