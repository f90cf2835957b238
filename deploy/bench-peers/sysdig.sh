#!/usr/bin/env bash
# Debian's sysdig with its kernel module (what Falco's driver grew from), as a peer of `cargo xtask bench-guest`: builds the module
# for the kernel that the guest boots and measures both sensors in the same rounds. Needs root, for packages. Arguments go to
# `bench-guest`.
#
# Its filter asks for the acts that upstream's stable rules look at. It judges one filter and prints to nowhere, while avouch judges
# the rules, and it takes every system call from its module: it knows no other way.
set -euo pipefail
cd "$(dirname "$0")/../.."

series=6.1
kernel=$(apt-cache depends --important linux-image-cloud-amd64 | sed -n "s/^ *Depends: linux-image-\($series\.[^ ]*\)-cloud-amd64$/\1/p")
[ -n "$kernel" ] || { echo "sysdig: apt knows no cloud kernel of series $series" >&2; exit 1; }
command -v sysdig >/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yq --no-install-recommends sysdig gcc-12 make xz-utils

folder=$PWD/target/kernel-test/peers/$kernel
if ! [ -e "$folder/scap.ko" ]; then
  rm -rf "$folder" && mkdir -p "$folder/tree"
  (cd "$folder" && apt-get download -q -o APT::Sandbox::User=root falcosecurity-scap-dkms "linux-kbuild-$series" \
    "linux-headers-$kernel-cloud-amd64" "linux-headers-$kernel-common" && for deb in *.deb; do dpkg-deb -x "$deb" tree; done)
  # The headers' makefile names the common one by where it would be installed.
  headers=$folder/tree/usr/src/linux-headers-$kernel-cloud-amd64
  sed -i "s|/usr/src/|$folder/tree/usr/src/|" "$headers/Makefile"
  source=$(echo "$folder"/tree/usr/src/scap-*)
  make -s -C "$headers" "M=$source" modules
  cp "$source/scap.ko" "$folder/scap.ko"
fi

filter="evt.type in (execve, execveat, symlink, symlinkat, link, linkat, ptrace, setns, unshare)
  or (evt.type in (open, openat, openat2, creat) and (fd.name in (/etc/shadow, /etc/gshadow, /etc/sudoers, /etc/pam.conf)
    or (evt.is_open_write=true and (fd.name startswith /etc/ or fd.name startswith /bin/ or fd.name startswith /sbin/
      or fd.name startswith /usr/bin/ or fd.name startswith /usr/sbin/ or fd.name startswith /root/.ssh
      or fd.name startswith /dev/shm/))))
  or (evt.type=connect and fd.typechar=4 and fd.sport in (3333, 4444, 5555, 6666, 7777, 9999))"
cargo xtask bench-guest --kernel "$series" --module "$folder/scap.ko" --beside sysdig --peer "sysdig \"$(echo $filter)\"" "$@"
