#!/usr/bin/env bash
# Checks licences, sources and advisories of every dependency; see deny.toml.
set -euo pipefail
command -v cargo-deny >/dev/null || cargo install --locked --quiet cargo-deny
cargo deny --all-features check bans licenses sources
# The advisory database is fetched over the network; where it cannot be had, say so instead of passing in silence.
if ! cargo deny --all-features check advisories; then
  if cargo deny fetch db >/dev/null 2>&1; then
    exit 1
  fi
  echo "advisories: NOT CHECKED, the advisory database cannot be reached from here"
fi
