#!/usr/bin/env bash
# Installs what tests use on a Debian-like machine: a container runtime and a root file system for it (live detection),
# what reads the text of a PDF (documents), a program that signs and stamps (the ledger's format, time-stamps), and receivers
# of notifications (a syslog daemon, a mail server, Alertmanager).
# Without them, and without root, those tests say that they skip; in CI that is a failure.
set -euo pipefail

need=()
command -v runc >/dev/null || need+=(runc)
command -v busybox >/dev/null || need+=(busybox-static)
command -v openssl >/dev/null || need+=(openssl)
command -v pdftotext >/dev/null || need+=(poppler-utils)
command -v rsyslogd >/dev/null || need+=(rsyslog)
command -v prometheus-alertmanager >/dev/null || need+=(prometheus-alertmanager)
/usr/bin/python3 -c "import aiosmtpd" 2>/dev/null || need+=(python3-aiosmtpd)
# Requests made up from the API's document: a package of the Python index, in an environment of its own.
contract=$(cd "$(dirname "$0")/.." && pwd)/target/schemathesis
if ! [ -x "$contract/bin/schemathesis" ] && command -v python3 >/dev/null; then
  if python3 -m venv "$contract" 2>/dev/null && "$contract/bin/pip" install -q "schemathesis==4.32.5"; then
    echo "installed: schemathesis"
  else
    echo "a test will skip: schemathesis cannot be installed (python3-venv, package index)"
  fi
fi
[ ${#need[@]} -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "some tests will skip: ${need[*]} missing (as root, this script installs them)"
  exit 0
fi
echo "installing: ${need[*]}"
# A fresh machine may still be installing its updates.
apt-get -o DPkg::Lock::Timeout=300 update -q
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yq --no-install-recommends "${need[@]}"
