#!/usr/bin/env bash
# Installs what tests use on a Debian-like machine: a container runtime and a root file system for it (live detection),
# what reads the text of a PDF (documents), and a program that signs and stamps (the ledger's format, time-stamps).
# Without them, and without root, those tests say that they skip; in CI that is a failure.
set -euo pipefail

need=()
command -v runc >/dev/null || need+=(runc)
command -v busybox >/dev/null || need+=(busybox-static)
command -v openssl >/dev/null || need+=(openssl)
command -v pdftotext >/dev/null || need+=(poppler-utils)
[ ${#need[@]} -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "some tests will skip: ${need[*]} missing (as root, this script installs them)"
  exit 0
fi
echo "installing: ${need[*]}"
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${need[@]}"
