# Front door. `make run` and `make test` install what is missing on a Debian-like machine.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
export PATH := $(HOME)/.cargo/bin:$(PATH)
AVOUCH := target/release/avouch
EVIDENCE := target/evidence
# Of all the rules that match an event, the default keeps the first in file order. Here each one counts, since each may be
# evidence for another criterion.
RULES := --rules rules --matching all

.PHONY: help setup build run up replay evidence console test kernel-test lint deny bench bench-live bench-guest bench-evidence fuzz

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## Install what is missing (compiler, linker, certificates)
	@./deploy/setup.sh

build: setup ## Build the release binary
	cargo build --release --locked -p avouch

run: build ## Watch this machine live (root); ctrl-c ends it and shows detections by SOC 2 criterion
	$(AVOUCH) agent $(RULES) --criteria

up: build ## Console and API on http://127.0.0.1:8470, with the sensor of this machine (root); the first start prints a link to log in
	$(AVOUCH) up $(RULES) --data target/avouch-data --activity --criteria

replay: build ## Replay the shipped recording and show detections by SOC 2 criterion
	$(AVOUCH) replay recordings/*.scap $(RULES) --criteria

# The key and the head are copied out first: in earnest they stand on another machine, and there they show what was changed here.
evidence: build ## Keep the shipped recording as evidence, make the report of its day, verify it (target/evidence)
	rm -rf $(EVIDENCE)
	$(AVOUCH) replay recordings/*.scap $(RULES) --quiet --data $(EVIDENCE)/data --node shop-node >/dev/null
	mkdir $(EVIDENCE)/outside
	cp $(EVIDENCE)/data/ledger/keys/*.pub $(EVIDENCE)/outside/key.pub
	$(AVOUCH) ledger anchor --data $(EVIDENCE)/data --file $(EVIDENCE)/outside/heads.jsonl
	$(AVOUCH) report --data $(EVIDENCE)/data --controls controls/lists/kubernetes-starter --from 2026-11-23 --to 2026-11-24 --out $(EVIDENCE)/report
	$(AVOUCH) verify $(EVIDENCE)/report/bundle --key $(EVIDENCE)/outside/key.pub --anchor $(EVIDENCE)/outside/heads.jsonl

console: ## Build the console anew (console/dist, committed: building avouch itself needs no Node.js)
	cd console && npm ci --no-audit --no-fund && npm run build

test: setup lint deny ## Pass all tests
	@./deploy/test-setup.sh
	./deploy/console-check.sh
	AVOUCH_BIN="$${CARGO_TARGET_DIR:-$(CURDIR)/target}/debug/avouch" cargo test --workspace --locked -- --nocapture --quiet
	AVOUCH_BIN="$${CARGO_TARGET_DIR:-$(CURDIR)/target}/debug/avouch" ./deploy/console-server-check.sh

# `cargo xtask` would build dependencies anew, with other features than `make test` has built them with; a test of xtask's brings its program.
kernel-test: setup ## Boot real kernels in QEMU and run tests inside (KERNELS="6.1 6.12"; default all)
	@./deploy/kernel-test-setup.sh
	cargo test --workspace --locked --quiet --no-run --test guest
	"$${CARGO_TARGET_DIR:-$(CURDIR)/target}/debug/xtask" kernel-test $(KERNELS:%=--kernel %)

lint: setup ## Format and lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

deny: setup ## Licences, sources, advisories of what we depend on
	@./deploy/deny.sh

bench: build ## Events per second, ns an event, peak memory; compile time; growth with the number of rules
	cargo bench --locked -p avouch

bench-live: setup ## What the agent costs the machine it watches, in paired rounds (root)
	cargo xtask bench-live

bench-guest: setup ## The same for a Debian kernel in QEMU, in instructions executed (nginx and wrk where they are installed)
	@./deploy/kernel-test-setup.sh
	cargo xtask bench-guest

bench-evidence: setup ## What a million findings cost to keep, to verify and to report
	cargo xtask bench-evidence

fuzz: setup ## Each fuzz target for SECONDS (default 60)
	./fuzz/run.sh $${SECONDS_EACH:-60}
