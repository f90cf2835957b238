//! Puts the guest's file system together: the init script, busybox, the test programs and their shared libraries.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::cpio::Archive;
use super::kernels::Kernel;
use super::process::{output_of, run};
use super::programs::{self, Built, Job};

/// Folders the init script mounts on or writes to.
const FOLDERS: [&str; 12] =
    ["bin", "sbin", "dev", "etc", "modules", "proc", "programs", "root", "run", "sys", "tmp", "var"];

/// Programs of this machine that take the place of busybox's: tests copy them and run them by other names, under which
/// busybox does not know what to be.
const OWN_PROGRAMS: [&str; 3] = ["sh", "sleep", "true"];

const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";

/// The file system without the modules of one kernel, which differ.
pub(super) struct Parts {
    files: Vec<(String, u32, Vec<u8>)>,
}

impl Parts {
    /// Reads and strips everything once; `folder` takes the stripped copies.
    pub(super) fn collect(built: &Built, folder: &Path) -> Result<Self> {
        let busybox = programs::find("busybox").context("busybox is not installed (package busybox-static)")?;
        let mut files = vec![
            ("init".to_owned(), 0o755, include_bytes!("init.sh").to_vec()),
            ("plan".to_owned(), 0o644, plan(&built.jobs).into_bytes()),
            ("etc/passwd".to_owned(), 0o644, PASSWD.to_vec()),
            ("etc/group".to_owned(), 0o644, b"root:x:0:\nnogroup:x:65534:\n".to_vec()),
            ("etc/hosts".to_owned(), 0o644, b"127.0.0.1 localhost\n".to_vec()),
            ("etc/hostname".to_owned(), 0o644, b"guest\n".to_vec()),
            ("bin/busybox".to_owned(), 0o755, read(&busybox)?),
        ];
        let mut libraries = libraries_of(&busybox)?;
        let own = OWN_PROGRAMS
            .map(|name| programs::find(name).with_context(|| format!("`{name}` is not on the search path")));
        for tool in own.into_iter().chain(built.tools.iter().cloned().map(Ok)) {
            let tool = tool?;
            let name = tool.file_name().unwrap_or_default().to_string_lossy();
            libraries.extend(libraries_of(&tool)?);
            files.push((format!("bin/{name}"), 0o755, read(&tool)?));
        }
        for job in &built.jobs {
            libraries.extend(libraries_of(&job.binary)?);
            let content = if job.strip { read(&stripped(&job.binary, folder)?)? } else { read(&job.binary)? };
            files.push((format!("programs/{}", job.name), 0o755, content));
        }
        for program in &built.beside {
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            libraries.extend(libraries_of(program)?);
            files.push((format!("programs/{name}"), 0o755, read(&stripped(program, folder)?)?));
        }
        for library in libraries {
            let content = read(&library)?;
            files.push((library.to_string_lossy().into_owned(), 0o755, content));
        }
        Ok(Self { files })
    }

    /// Adds a file or folder at `place`.
    pub(super) fn tree(&mut self, path: &Path, place: &str) -> Result<()> {
        if !path.is_dir() {
            self.files.push((place.to_owned(), 0o644, read(path)?));
            return Ok(());
        }
        for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
            let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
            self.tree(&entry.path(), &format!("{place}/{}", entry.file_name().to_string_lossy()))?;
        }
        Ok(())
    }

    /// The archive for one kernel.
    pub(super) fn archive(&self, kernel: &Kernel) -> Vec<u8> {
        let mut archive = Archive::new();
        let mut folders: BTreeSet<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
        for (path, _, _) in &self.files {
            let parents = Path::new(path.trim_start_matches('/')).ancestors().skip(1);
            folders.extend(parents.filter(|parent| !parent.as_os_str().is_empty()).map(Path::to_path_buf));
        }
        // Sorted, so a folder comes before what is in it.
        for folder in folders {
            archive.directory(&folder.to_string_lossy());
        }
        archive.character_device("dev/console", 0o600, 5, 1);
        archive.character_device("dev/null", 0o666, 1, 3);
        for (path, permissions, content) in &self.files {
            archive.file(path, *permissions, content);
        }
        for (name, content) in &kernel.modules {
            archive.file(&format!("modules/{name}"), 0o644, content);
        }
        archive.finish()
    }
}

/// The shell lines the init script reads: one call of `run` for each job.
fn plan(jobs: &[Job]) -> String {
    let mut text = String::new();
    for job in jobs {
        let program = format!("/programs/{}", job.name);
        let words = [job.name.clone(), job.limit.as_secs().to_string(), program].into_iter();
        text.push_str("run");
        for word in words.chain(job.arguments.iter().cloned()) {
            text.push_str(" '");
            text.push_str(&word.replace('\'', r"'\''"));
            text.push('\'');
        }
        text.push('\n');
    }
    text
}

/// A copy without debug information, which is most of a test binary and would be memory of the guest.
fn stripped(binary: &Path, folder: &Path) -> Result<PathBuf> {
    let name = binary.file_name().with_context(|| format!("{} has no file name", binary.display()))?;
    let copy = folder.join(name);
    run(Command::new("strip").arg("--strip-debug").arg("-o").arg(&copy).arg(binary))?;
    Ok(copy)
}

fn libraries_of(binary: &Path) -> Result<Vec<PathBuf>> {
    let bytes = read(binary)?;
    // A script or a static program has none, and `ldd` calls that an error.
    if !bytes.starts_with(b"\x7fELF") || !is_dynamic(&bytes) {
        return Ok(Vec::new());
    }
    let listing = output_of(Command::new("ldd").arg(binary))?;
    parse_ldd(&String::from_utf8_lossy(&listing)).with_context(|| format!("libraries of {}", binary.display()))
}

/// Whether the program headers of a 64-bit file ask for a loader (PT_INTERP).
fn is_dynamic(elf: &[u8]) -> bool {
    let number = |at: usize, size: usize| {
        let bytes = elf.get(at..at + size)?;
        let value = bytes.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        usize::try_from(value).ok()
    };
    let (Some(offset), Some(size), Some(count)) = (number(32, 8), number(54, 2), number(56, 2)) else { return false };
    (0..count).any(|index| number(offset.saturating_add(index * size), 4) == Some(3))
}

fn parse_ldd(listing: &str) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for line in listing.lines().map(str::trim) {
        let (name, place) = line.split_once(" => ").unwrap_or((line, line));
        let path = place.split_whitespace().next().unwrap_or_default();
        if place.starts_with("not found") {
            bail!("{name} is not installed");
        }
        // The kernel's own page (linux-vdso) has a name and no file.
        if path.starts_with('/') {
            paths.push(PathBuf::from(path));
        }
    }
    Ok(paths)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn libraries_are_read_from_ldd() {
        let listing = "\tlinux-vdso.so.1 (0x00007fdb98548000)\n\
            \tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007fdb98477000)\n\
            \t/lib64/ld-linux-x86-64.so.2 (0x00007fdb9854a000)\n";
        let paths = parse_ldd(listing).unwrap();
        assert_eq!(paths, ["/lib/x86_64-linux-gnu/libz.so.1", "/lib64/ld-linux-x86-64.so.2"].map(PathBuf::from));
        assert!(parse_ldd("\tlibnone.so => not found\n").is_err());
    }

    #[test]
    fn words_of_the_plan_are_quoted() {
        let job = Job {
            name: "sh".to_owned(),
            binary: PathBuf::from("/bin/sh"),
            arguments: vec!["-c".to_owned(), "echo 'a b'".to_owned()],
            limit: Duration::from_secs(9),
            libtest: false,
            strip: false,
        };
        assert_eq!(plan(&[job]), "run 'sh' '9' '/programs/sh' '-c' 'echo '\\''a b'\\'''\n");
    }
}
