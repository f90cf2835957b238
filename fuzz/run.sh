#!/usr/bin/env bash
# Runs each fuzz target for SECONDS in turn; stops at the first crash and says where its input is.
#   fuzz/run.sh SECONDS [TARGET...]
# Installs nothing: it needs a nightly toolchain and cargo-fuzz. Without them, the same functions run on stable in
# crates/avouch-conformance/tests/fuzz_smoke.rs.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET...]}
shift
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "fuzz/run.sh: needs a nightly toolchain and cargo-fuzz (cargo install cargo-fuzz)" >&2
    exit 2
fi
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in fuzz_targets/*.rs; do
        targets+=("$(basename "$file" .rs)")
    done
fi

# Recordings beside the checkout, when there are any, as further seeds.
data=../../shared/testdata
for target in "${targets[@]}"; do
    # New inputs go to the first folder; the others are only read.
    mkdir -p "corpus/$target"
    seeds=$target
    if [ "$target" = state ]; then seeds=scap; fi
    folders=("corpus/$target" "seeds/$seeds")
    if [ -d "$data" ]; then
        found="corpus/$target.recordings"
        mkdir -p "$found"
        case $target in
        scap | state)
            # Uncompressed, or every mutation would break the checksum; the beginning is enough.
            find "$data" -name '*.scap' -size -200k | while read -r file; do
                gzip -dcf "$file" | head -c 60000 >"$found/$(basename "$file")" || true
            done
            ;;
        rules) find "$data/rules" -name '*.yaml' -size -200k -exec cp -f {} "$found" \; ;;
        condition)
            sed -n 's/^  condition: "\(.*\)"$/\1/p' "$data/falco/random-conditions.yaml" | sed 's/\\"/"/g' |
                split -l 1 -a 4 - "$found/c"
            ;;
        k8s_audit) find "$data/k8s_audit" -name '*.json*' -size -60k -exec cp -f {} "$found" \; ;;
        cloudtrail) find "$data/cloudtrail" -name '*.json*' -size -60k -exec cp -f {} "$found" \; ;;
        esac
        chmod -R u+w "$found"
        folders+=("$found")
    fi
    # Text parsers find more in many short inputs.
    longest=16384
    if [ "$seeds" = scap ]; then longest=65536; fi
    echo "== $target, ${seconds} s"
    cargo +nightly fuzz run "$target" "${folders[@]}" -- \
        -max_total_time="$seconds" -max_len="$longest" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
done
