# Front door. `make run` and `make test` install what is missing on a Debian-like machine.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
export PATH := $(HOME)/.cargo/bin:$(PATH)
AVOUCH := target/release/avouch

.PHONY: help setup build run replay test kernel-test lint deny bench bench-live fuzz

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## Install what is missing (compiler, linker, certificates)
	@./deploy/setup.sh

build: setup ## Build the release binary
	cargo build --release --locked -p avouch

run: build ## Watch this machine live (root); ctrl-c ends it and shows detections by SOC 2 criterion
	$(AVOUCH) agent --rules rules --criteria

replay: build ## Replay the shipped recording and show detections by SOC 2 criterion
	$(AVOUCH) replay recordings/*.scap --rules rules --criteria

test: setup lint deny ## Pass all tests
	@./deploy/test-setup.sh
	AVOUCH_BIN="$${CARGO_TARGET_DIR:-$(CURDIR)/target}/debug/avouch" cargo test --workspace --locked -- --nocapture --quiet

kernel-test: setup ## Boot real kernels in QEMU and run tests inside (KERNELS="6.1 6.12"; default all)
	@./deploy/kernel-test-setup.sh
	cargo xtask kernel-test $(KERNELS:%=--kernel %)

lint: setup ## Format and lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

deny: setup ## Licences, sources, advisories of what we depend on
	@./deploy/deny.sh

bench: build ## Events per second, ns an event, peak memory; compile time; growth with the number of rules
	cargo bench --locked -p avouch

bench-live: setup ## What the agent costs the machine it watches, in paired rounds (root)
	cargo xtask bench-live

fuzz: setup ## Each fuzz target for SECONDS (default 60)
	./fuzz/run.sh $${SECONDS_EACH:-60}
