#!/usr/bin/env bash
# The kernel's audit with auditd, as a peer of `cargo xtask bench-live --peer deploy/bench-peers/auditd.sh` (root; package auditd).
#
# It is asked for the acts that upstream's stable rules look at, as far as audit can ask for them: programs started, credential
# files read, files below system folders changed, links, ptrace, memfd, modules, and connections made. Each sensor then does its
# own work: audit writes records, avouch judges rules. What it logs goes to a folder of its own, which is removed at the end.
#
# It begins by deleting all rules of audit, so it does not start where audit is in use. At the end one rule stays until the next
# boot, by which new processes are not audited.
set -euo pipefail

ours=$(auditctl -l)
if [ "$(auditctl -s | sed -n 's/^pid //p')" != 0 ] || { [ "$ours" != "No rules" ] && [ "$ours" != "-a never,task" ]; }; then
  echo "auditd.sh: audit is in use on this machine; its rules are left alone" >&2
  exit 1
fi

dir=$(mktemp -d)
daemon=""
finish() {
  auditctl -D >/dev/null 2>&1 || true
  # Once it was on, the kernel prepares every new process for audit, also when it is off; with this rule it does not.
  auditctl -a task,never >/dev/null 2>&1 || true
  auditctl -e 0 >/dev/null 2>&1 || true
  [ -z "$daemon" ] || { kill -TERM "$daemon" 2>/dev/null && wait "$daemon" || true; }
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 0' TERM INT

cat >"$dir/auditd.conf" <<CONF
local_events = yes
write_logs = yes
log_file = $dir/audit.log
log_format = RAW
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 64
num_logs = 2
max_log_file_action = ROTATE
space_left = 75
space_left_action = IGNORE
admin_space_left = 50
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
CONF
chmod 640 "$dir/auditd.conf"
auditd -n -c "$dir" >/dev/null 2>&1 &
daemon=$!
sleep 1

auditctl -D >/dev/null
auditctl -b 8192 >/dev/null
rule() { auditctl "$@" >/dev/null; }
rule -a always,exit -F arch=b64 -S execve,execveat -k exec
for file in /etc/shadow /etc/gshadow /etc/sudoers /etc/pam.conf; do
  [ ! -e "$file" ] || rule -w "$file" -p rwa -k credentials
done
for folder in /etc /bin /sbin /usr/bin /usr/sbin /lib /boot /root/.ssh /dev/shm; do
  [ ! -d "$folder" ] || [ -L "$folder" ] || rule -w "$folder" -p wa -k changes
done
rule -a always,exit -F arch=b64 -S symlink,symlinkat,link,linkat -k links
rule -a always,exit -F arch=b64 -S ptrace,memfd_create,init_module,finit_module,bpf,unshare,setns -k system
rule -a always,exit -F arch=b64 -S connect -k network
auditctl -e 1 >/dev/null
wait "$daemon"
