//! Calls that the sensor cannot read: 32-bit ones, which have other numbers, and what goes through io_uring. It has to be said.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::agent::{Agent, PATIENCE, RULES, alone};

/// Where programs are loaded.
const BASE: u32 = 0x0040_0000;

/// An executable of one segment, for the 386 or for x86-64.
fn executable(bits: u8, code: &[u8]) -> Vec<u8> {
    let wide = bits == 64;
    let half = |n: u16| n.to_le_bytes().to_vec();
    let word = |n: u32| n.to_le_bytes().to_vec();
    // An address or a size.
    let long = |n: u32| if wide { u64::from(n).to_le_bytes().to_vec() } else { word(n) };
    let (head, of_segment, machine) = if wide { (64_u16, 56_u16, 62_u16) } else { (52, 32, 3) };
    let heads = u32::from(head + of_segment);
    let size = heads + u32::try_from(code.len()).expect("a small program");
    let file = [
        [b"\x7fELF".as_slice(), &[bits / 32, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat(),
        [half(2), half(machine), word(1), long(BASE + heads), long(head.into()), long(0), word(0)].concat(),
        [head, of_segment, 1, 0, 0, 0].map(half).concat(),
    ];
    // Loaded to be read and run; the flags stand elsewhere in each form.
    let place = [long(0), long(BASE), long(BASE), long(size), long(size)].concat();
    let segment = if wide {
        [word(1), word(5), place, long(0x1000)].concat()
    } else {
        [word(1), place, word(5), long(0x1000)].concat()
    };
    [file.concat(), segment, code.to_vec()].concat()
}

/// Writes the program; `None`, said aloud, where it cannot run or does not succeed.
fn program(dir: &Path, bits: u8, code: &[u8]) -> Option<PathBuf> {
    let path = dir.join("small");
    fs::write(&path, executable(bits, code)).expect("write the program");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("let it run");
    let runs = cfg!(target_arch = "x86_64") && Command::new(&path).status().is_ok_and(|status| status.success());
    if !runs {
        println!("SKIP: this kernel does not run it");
    }
    runs.then_some(path)
}

/// Runs it three times under an agent and waits until that is told as a gap.
fn told_as(program: &Path, wanted: &str) {
    let agent = Agent::start(RULES, &[]);
    for _ in 0..3 {
        assert!(Command::new(program).status().expect("run the program").success());
    }
    let end = Instant::now() + PATIENCE;
    loop {
        let all = agent.records("observations.jsonl");
        let gaps: Vec<&str> =
            all.iter().filter_map(|o| o["gaps"].as_array()).flatten().filter_map(|gap| gap.as_str()).collect();
        if gaps.contains(&wanted) {
            break;
        }
        assert!(Instant::now() < end, "{gaps:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    agent.stop();
}

#[test]
fn calls_of_32_bits_are_told_as_a_gap_with_their_number() {
    let Some(_alone) = alone() else { return };
    let dir = TempDir::new().unwrap();
    // `getgroups`, which has the number of `chdir`; then an exit.
    let code = [
        &[0xb8, 80, 0, 0, 0, 0x31, 0xdb, 0x31, 0xc9, 0xcd, 0x80][..], // mov eax, 80; xor ebx, ebx; xor ecx, ecx; int 0x80
        &[0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80],                  // mov eax, 1; xor ebx, ebx; int 0x80
    ]
    .concat();
    let Some(program) = program(dir.path(), 32, &code) else { return };
    told_as(&program, "32-bit system calls are not read: 3 or more so far; 32-bit programs started: 3");
}

#[test]
fn rings_of_io_uring_are_told_as_a_gap_with_their_number() {
    let Some(_alone) = alone() else { return };
    let dir = TempDir::new().unwrap();
    // `io_uring_setup` of one entry; then an exit with 1 when it failed.
    let code = [
        &[0x48, 0x81, 0xec, 0, 1, 0, 0, 0x48, 0x89, 0xe6][..], // sub rsp, 256; mov rsi, rsp
        &[0xb8, 0xa9, 1, 0, 0, 0xbf, 1, 0, 0, 0, 0x0f, 0x05],  // mov eax, 425; mov edi, 1; syscall
        &[0xc1, 0xe8, 31, 0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05], // shr eax, 31; mov edi, eax; mov eax, 60; syscall
    ]
    .concat();
    let Some(program) = program(dir.path(), 64, &code) else { return };
    told_as(&program, "files and connections opened through io_uring are not seen: 3 of its rings set up so far");
}
