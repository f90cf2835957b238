#!/usr/bin/env bash
# Records ../web-intrusion.scap anew. Needs root on a Debian-like machine with podman, runc, conmon, busybox-static,
# strace and perl; everything happens in own namespaces and a throw-away root in memory, and is gone afterwards.
#
#   cargo build -p xtask && sudo recordings/web-intrusion/record.sh target/debug/xtask recordings/web-intrusion.scap
set -euo pipefail

recorder=$(realpath "$1")
out=$(realpath -m "$2")
here=$(cd "$(dirname "$0")" && pwd)
cgroup=avouch-recording-$$

leave_cgroups() {
  for controller in /sys/fs/cgroup/*/; do
    find "$controller$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}
trap leave_cgroups EXIT

# A cgroup of our own in every hierarchy: with a cgroup namespace it becomes the root that the machine sees.
make_cgroups() {
  for controller in /sys/fs/cgroup/*/; do
    [ -e "$controller/cgroup.procs" ] || continue
    mkdir "$controller$cgroup" || continue
    for file in cpuset.cpus cpuset.mems; do
      if [ -e "$controller$cgroup/$file" ]; then cat "$controller$file" > "$controller$cgroup/$file"; fi
    done
    echo "$BASHPID" > "$controller$cgroup/cgroup.procs" || true
  done
}

work=$(mktemp -d)
(
  make_cgroups
  exec unshare --mount --pid --uts --ipc --net --cgroup --fork \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash "$here/machine.sh" "$recorder" "$here" "$work"
)
mv "$work/web-intrusion.scap" "$out"
rm -r "$work"
