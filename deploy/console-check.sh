#!/usr/bin/env bash
# Builds the console anew and holds it against the committed `console/dist`, then runs its checks and its browser tests (Debian's
# chromium). Installs Node.js and the browser where they are missing. Without them it says that it skips; in CI that is a failure.
set -euo pipefail
cd "$(dirname "$0")/../console"

need=()
command -v node >/dev/null || need+=(nodejs)
command -v npm >/dev/null || need+=(npm)
command -v chromium >/dev/null || need+=(chromium)
if [ ${#need[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "console: not checked, ${need[*]} missing (as root, this script installs them)"
    [ "${CI:-}" = true ] && exit 1
    exit 0
  fi
  echo "installing: ${need[*]}"
  # A fresh machine may still be installing its updates.
  apt-get -o DPkg::Lock::Timeout=300 update -q
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -yq --no-install-recommends "${need[@]}"
fi

if ! npm ci --no-audit --no-fund; then
  echo "console: not checked, its libraries cannot be had"
  [ "${CI:-}" = true ] && exit 1
  exit 0
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
npm run build -- --outDir "$fresh/dist" --emptyOutDir
if ! diff -rq "$fresh/dist" dist; then
  echo "console/dist is not what \`npm run build\` makes of console/src: build it, and commit it"
  exit 1
fi
npm run check
npm run e2e
