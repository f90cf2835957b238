//! Which functions of the kernel system calls end in, from its own type information (BTF).

use std::collections::BTreeMap;
use std::fs;

use libbpf_rs::btf::{Btf, types::Func};

use crate::error::SensorError;

#[cfg(target_arch = "x86_64")]
mod arch {
    pub(super) const ENTRY: &str = "__x64_sys_";
    /// All 32-bit calls pass here, and no other.
    pub(super) const COMPAT: &str = "ia32_sys_call";
    /// A kernel that has functions named so knows 32-bit calls.
    pub(super) const COMPAT_ENTRY: &str = "__ia32_compat_sys_";
}
#[cfg(target_arch = "aarch64")]
mod arch {
    pub(super) const ENTRY: &str = "__arm64_sys_";
    pub(super) const COMPAT: &str = "do_el0_svc_compat";
    pub(super) const COMPAT_ENTRY: &str = "__arm64_compat_sys_";
}

/// Calls without arguments: their entry is a second name of this function in newer kernels, and the type information has one name.
const PLAIN: &str = "__do_sys_";

/// Where the kernel's function is called otherwise than the call (`syscall_64.tbl`, `asm-generic/unistd.h`).
const OTHERWISE: [(&str, &str); 8] = [
    ("stat", "newstat"),
    ("lstat", "newlstat"),
    ("fstat", "newfstat"),
    ("uname", "newuname"),
    ("sendfile", "sendfile64"),
    ("umount2", "umount"),
    ("fadvise64", "fadvise64_64"),
    ("personality", "arm64_personality"),
];

/// A function that programs can stand on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Function {
    /// What programs on it share: the number of its prototype.
    pub(crate) prototype: u32,
    pub(crate) name: String,
}

/// Functions of the running kernel.
#[derive(Debug)]
pub(crate) struct Functions(BTreeMap<String, u32>);

impl Functions {
    /// # Errors
    /// When the kernel tells no types.
    pub(crate) fn of_kernel() -> Result<Self, SensorError> {
        let btf = Btf::from_vmlinux().map_err(|e| SensorError::new("read the kernel's types", &e))?;
        let ours = |func: Func<'_>| {
            let name = func.name()?.to_str()?;
            let prefixes = [arch::ENTRY, PLAIN, arch::COMPAT_ENTRY];
            let is = name == arch::COMPAT || prefixes.iter().any(|p| name.starts_with(p));
            is.then(|| Some((name.to_owned(), func.next_type()?.type_id().into())))?
        };
        let mut functions = BTreeMap::new();
        // A call that a kernel may be built without stands there twice, once as what is in its place then, with another prototype.
        // The loader takes the first, so that is what counts.
        for (name, prototype) in btf.type_by_kind::<Func<'_>>().filter_map(ours) {
            functions.entry(name).or_insert(prototype);
        }
        Ok(Self(functions))
    }

    fn get(&self, name: &str) -> Option<Function> {
        self.0.get(name).map(|prototype| Function { prototype: *prototype, name: name.to_owned() })
    }

    /// Where the call `name` ends.
    pub(crate) fn of_call(&self, name: &str) -> Option<Function> {
        let other = OTHERWISE.iter().filter(|(call, _)| *call == name).map(|(_, function)| *function);
        let mut names = other.chain([name]);
        names.find_map(|n| self.get(&format!("{}{n}", arch::ENTRY)).or_else(|| self.get(&format!("{PLAIN}{n}"))))
    }

    /// Where all 32-bit calls pass.
    ///
    /// # Errors
    /// When the kernel has such calls, and no such place.
    pub(crate) fn of_compat(&self) -> Result<Option<Function>, SensorError> {
        match self.get(arch::COMPAT) {
            Some(function) => Ok(Some(function)),
            None if self.0.keys().any(|name| name.starts_with(arch::COMPAT_ENTRY)) => Err(SensorError::because(
                "count 32-bit calls",
                format!("the kernel's types have no function `{}`", arch::COMPAT),
            )),
            None => Ok(None),
        }
    }
}

/// Those of `calls`, of which the kernel's types name no function, that the kernel knows all the same.
///
/// # Errors
/// When the kernel does not tell the names of its functions.
pub(crate) fn known_without_types(calls: &[&'static str]) -> Result<Vec<&'static str>, SensorError> {
    const SYMBOLS: &str = "/proc/kallsyms";
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let symbols = fs::read(SYMBOLS)
        .map_err(|e| SensorError::because("read the names of the kernel's functions", format!("{SYMBOLS}: {e}")))?;
    let symbols = String::from_utf8_lossy(&symbols);
    let entries = symbols.lines().filter_map(|l| l.split_ascii_whitespace().nth(2)?.strip_prefix(arch::ENTRY));
    let entries: Vec<&str> = entries.collect();
    if entries.is_empty() {
        return Err(SensorError::because("read the names of the kernel's functions", format!("{SYMBOLS} has none")));
    }
    let known = |call: &&&'static str| {
        let other = OTHERWISE.iter().find(|(name, _)| name == *call).map(|(_, function)| *function);
        entries.iter().any(|e| e == *call || Some(*e) == other)
    };
    Ok(calls.iter().filter(known).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Functions {
        Functions(names.iter().zip(1..).map(|(n, id)| ((*n).to_owned(), id)).collect())
    }

    #[test]
    fn a_call_ends_in_its_entry_or_under_the_name_the_types_have() {
        let entry = |name: &str| format!("{}{name}", arch::ENTRY);
        let functions = of(&[&entry("openat"), &entry("newfstat"), &entry("umount"), "__do_sys_setsid", "other"]);
        let name = |call: &str| functions.of_call(call).map(|f| f.name);
        assert_eq!(name("openat"), Some(entry("openat")));
        assert_eq!(name("fstat"), Some(entry("newfstat")));
        assert_eq!(name("umount2"), Some(entry("umount")));
        assert_eq!(name("setsid").as_deref(), Some("__do_sys_setsid"));
        assert_eq!(name("other"), None);
    }

    #[test]
    fn a_kernel_with_32_bit_calls_must_have_where_they_pass() {
        assert_eq!(of(&["__do_sys_setsid"]).of_compat().unwrap(), None);
        let entry = format!("{}openat", arch::COMPAT_ENTRY);
        assert!(of(&[&entry]).of_compat().unwrap_err().to_string().contains(arch::COMPAT));
        assert_eq!(of(&[&entry, arch::COMPAT]).of_compat().unwrap().unwrap().name, arch::COMPAT);
    }
}
