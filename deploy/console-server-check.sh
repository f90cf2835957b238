#!/usr/bin/env bash
# The console's main flows in a browser against a real server: the program that AVOUCH_BIN names. `console-check.sh` has installed what
# it needs; where that was not possible, it says that it skips, and in CI that is a failure.
set -euo pipefail
cd "$(dirname "$0")/../console"

if [ ! -d node_modules ] || ! command -v chromium >/dev/null; then
  echo "console against the server: not checked, its libraries or the browser are missing"
  [ "${CI:-}" = true ] && exit 1
  exit 0
fi
npm run e2e:server
