#!/usr/bin/env bash
# Installs what `cargo xtask kernel-test` lacks on a Debian-like machine: an emulator and a shell for the guest.
set -euo pipefail

need=()
command -v qemu-system-x86_64 >/dev/null || need+=(qemu-system-x86)
command -v busybox >/dev/null || need+=(busybox-static)
[ ${#need[@]} -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "kernel-test: ${need[*]} missing, and no apt-get to install it with" >&2
  exit 1
fi
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "installing: ${need[*]}"
# A fresh machine may still be installing its updates.
$sudo apt-get -o DPkg::Lock::Timeout=300 update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yq --no-install-recommends "${need[@]}"
