use avouch_event::{EventBuf, EventType, FieldArg, FieldType, Shape, types};

use super::*;

fn resolve(name: &str) -> Result<FieldRef, FieldError> {
    match name.split_once('[') {
        Some((name, arg)) => SyscallFields.resolve(name, Some(arg.trim_end_matches(']'))),
        None => SyscallFields.resolve(name, None),
    }
}

fn shown(value: Option<Value<'_>>) -> String {
    match value {
        None => "absent".to_owned(),
        Some(Value::Str(s) | Value::Bytes(s)) => String::from_utf8_lossy(s).into_owned(),
        Some(Value::Int(n)) => n.to_string(),
        Some(Value::Uint(n)) => n.to_string(),
        Some(other) => format!("{other:?}"),
    }
}

/// Reads fields of an event that no state knows anything about.
fn read(buf: &EventBuf, name: &str) -> String {
    let state = State::default();
    let event = buf.event();
    let reader = SyscallReader::new(&state, &event, 3600);
    let arena = Arena::new();
    shown(reader.read(&resolve(name).unwrap(), &arena))
}

fn openat(flags: u32) -> EventBuf {
    let mut buf = EventBuf::new(types::OPENAT_2_X);
    buf.push_i64(-2).push_i64(-100).push_charbuf(b"a/../b\x01").push_u32(flags).push_u32(0o755);
    buf
}

#[test]
fn names_are_unique_and_resolve() {
    let mut names: Vec<_> = SyscallFields.fields().iter().map(|f| f.name).collect();
    for (i, name) in names.iter().enumerate() {
        let found = match resolve(name) {
            Err(FieldError::MissingArg) => {
                resolve(&format!("{name}[0]")).or_else(|_| resolve(&format!("{name}.flags")))
            }
            other => other,
        };
        let found = found.or_else(|_| resolve(&format!("{name}.openat"))).unwrap();
        assert_eq!(usize::from(found.id.0), i, "{name}");
    }
    names.sort_unstable();
    assert!(names.windows(2).all(|w| w[0] != w[1]));
    assert_eq!(SyscallFields.decl(resolve("proc.name").unwrap().id).name, "proc.name");
}

#[test]
fn arguments_refine_fields() {
    assert_eq!(resolve("proc.aname").unwrap().shape, Shape::Ancestors);
    let second = resolve("proc.aname[2]").unwrap();
    assert_eq!((second.shape, second.arg), (Shape::Scalar, FieldArg::Index(2)));
    assert_eq!(resolve("fd.types").unwrap().shape, Shape::List);
    assert_eq!(resolve("fd.types[1]").unwrap().shape, Shape::Scalar);
    assert_eq!(resolve("evt.rawarg.res").unwrap().ty, FieldType::Int64);
    assert_eq!(resolve("evt.rawarg.name").unwrap().ty, FieldType::Fspath);
    assert_eq!(resolve("evt.rawarg.tuple").unwrap().ty, FieldType::Opaque);
    assert_eq!(resolve("proc.aenv[12]").unwrap().arg, FieldArg::Index(12));
    assert_eq!(resolve("proc.aenv[012]").unwrap().arg, FieldArg::Key("012".into()));
    assert_eq!(resolve("thread.cgroup.cpuacct").unwrap().arg, FieldArg::Key("cpuacct".into()));
}

#[test]
fn wrong_names_and_arguments_are_told_apart() {
    for (name, want) in [
        ("proc.nmae", "Unknown"),
        ("proc", "Unknown"),
        ("proc.name.x", "Unknown"),
        ("proc.name[1]", "UnexpectedArg"),
        ("evt.arg", "MissingArg"),
        ("thread.cgroup", "MissingArg"),
        ("evt.type.is", "MissingArg"),
        ("container.label", "MissingArg"),
        ("evt.arg.nosuch", "BadArg"),
        ("evt.type.is.nosuch", "BadArg"),
        ("evt.abspath.x", "BadArg"),
        ("proc.aname[x]", "BadArg"),
        ("proc.aname[-1]", "BadArg"),
        ("evt.rawarg[0]", "UnexpectedArg"),
        ("evt.around[soon]", "BadArg"),
    ] {
        let error = format!("{:?}", resolve(name).unwrap_err());
        assert!(error.starts_with(want), "{name}: {error}");
    }
}

#[test]
fn parameters_render_by_type() {
    let open = openat(0x4 | 0x2 | 0x1000);
    assert_eq!(
        read(&open, "evt.args"),
        "fd=-2 dirfd=-100 name=a/../b\u{fffd} flags=4102(O_CREAT|O_WRONLY|O_CLOEXEC) mode=0755"
    );
    assert_eq!(read(&open, "evt.arg.flags"), "O_CREAT|O_WRONLY|O_CLOEXEC");
    assert_eq!(read(&open, "evt.arg[2]"), "a/../b\u{fffd}");
    assert_eq!(read(&open, "evt.arg.backlog"), "absent");
    assert_eq!(read(&open, "evt.rawarg.flags"), "4102");
    assert_eq!(read(&open, "evt.rawarg.name"), "a/../b\x01");

    let mut connect = EventBuf::new(types::CONNECT_X);
    let mut tuple = vec![10];
    tuple.extend([0; 16].iter().chain(&[1, 0]));
    tuple.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4, 80, 0]);
    connect.push_i64(-115).push(&tuple).push_i64(4).push(&[2, 127, 0, 0, 1, 80, 0]);
    assert_eq!(
        read(&connect, "evt.args"),
        "res=-115(EINPROGRESS) tuple=:::1->::ffff:1.2.3.4:80 fd=4 addr=127.0.0.1:80"
    );
    assert_eq!(read(&connect, "evt.res"), "EINPROGRESS");
    assert_eq!(read(&connect, "evt.rawres"), "-115");

    let mut sleep = EventBuf::new(types::NANOSLEEP_X);
    sleep.push_i64(0).push_u64(50_000_000);
    assert_eq!(read(&sleep, "evt.args"), "res=0 interval=50000000(0.05s)");
    assert_eq!(read(&sleep, "evt.res"), "SUCCESS");
}

#[test]
fn absent_parameters_read_as_the_peer_shows_them() {
    let mut read_x = EventBuf::new(types::READ_X);
    read_x.push_i64(-11).push(b"").push_i64(4).push_u32(16);
    assert_eq!(read(&read_x, "evt.args"), "res=-11(EAGAIN) data=NULL fd=4 size=16");
    assert_eq!(read(&read_x, "evt.buffer"), "absent");
    assert_eq!(read(&read_x, "evt.rawarg.data"), "absent");
    let mut short = EventBuf::new(types::OPEN_X);
    short.push_i64(3);
    assert_eq!(read(&short, "evt.args"), "fd=3");
}

#[test]
fn opens_tell_what_for() {
    for (flags, want) in [(0x1, "r"), (0x2, "w"), (0x3, "rw"), (0x4 | 0x2, "wx"), (0x4002, "wc"), (0x2002, "wx")] {
        let buf = openat(flags);
        let is = |name: &str, ch| if read(&buf, name) == "Bool(true)" { ch } else { "" };
        let got = [
            is("evt.is_open_read", "r"),
            is("evt.is_open_write", "w"),
            is("evt.is_open_exec", "x"),
            is("evt.is_open_create", "c"),
        ];
        assert_eq!(got.concat(), want, "{flags:x}");
    }
    for (name, bits) in
        [("O_RDONLY", 1), ("O_WRONLY", 2), ("O_CREAT", 4), ("O_TMPFILE", 0x2000), ("O_F_CREATED", 0x4000)]
    {
        assert_eq!(avouch_event::flags::FILE_FLAGS.value(name), Some(bits));
    }
}

#[test]
fn time_is_text_for_people_and_a_number_in_json() {
    let mut buf = openat(1);
    buf.timestamp = 1_534_551_451_397_761_344;
    assert_eq!(read(&buf, "evt.time"), "01:17:31.397761344");
    assert_eq!(read(&buf, "evt.time.iso8601"), "2018-08-18T00:17:31.397761344+0000");
    assert_eq!(read(&buf, "evt.around[1534551451000000000]"), "398");
    let state = State::default();
    let event = buf.event();
    let reader = SyscallReader::new(&state, &event, 0);
    let arena = Arena::new();
    let ns = resolve("evt.rawtime.ns").unwrap();
    assert_eq!(shown(reader.read_output(&ns, Output::Json, &arena)), "397761344");
    assert_eq!(shown(reader.read_output(&ns, Output::Text, &arena)), "0397761344");
    let time = resolve("evt.datetime").unwrap();
    assert_eq!(shown(reader.read_output(&time, Output::Json, &arena)), "1534551451397761344");
    assert_eq!(shown(reader.read_output(&time, Output::Text, &arena)), "2018-08-18 00:17:31.397761344");
}

#[test]
fn generic_events_take_the_name_of_their_call() {
    let mut buf = EventBuf::new(types::GENERIC_X);
    let code = avouch_event::syscalls::SYSCALLS.iter().find(|s| s.name == "mprotect").unwrap().code;
    buf.push_u16(code).push_u16(10);
    assert_eq!(read(&buf, "evt.type"), "mprotect");
    assert_eq!(read(&buf, "evt.type.is.mprotect"), "1");
    assert_eq!(read(&buf, "evt.type.is.1"), "1");
    assert_eq!(read(&buf, "evt.type.is.openat"), "0");
    assert_eq!((read(&buf, "evt.args"), read(&buf, "evt.res")), (String::new(), "absent".to_owned()));
}

#[test]
fn no_field_panics_on_any_event() {
    let state = State::default();
    let arena = Arena::new();
    let refs: Vec<_> = SyscallFields
        .fields()
        .iter()
        .filter_map(|f| {
            let tries =
                [f.name.to_owned(), format!("{}[0]", f.name), format!("{}.res", f.name), format!("{}.open", f.name)];
            tries.iter().find_map(|t| resolve(t).ok())
        })
        .collect();
    for number in 0..=EventType::COUNT {
        for fill in [0usize, 1, 4, 8, 37] {
            let mut buf = EventBuf::new(EventType(u16::try_from(number).unwrap()));
            for i in 0..31u8 {
                buf.push(&vec![i.wrapping_mul(37) ^ 0xff; fill]);
            }
            let event = buf.event();
            let reader = SyscallReader::new(&state, &event, -1);
            for field in &refs {
                let _ = (reader.read(field, &arena), reader.read_output(field, Output::Json, &arena));
            }
        }
    }
}
