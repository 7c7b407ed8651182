# The commands that people type. Everything they need that is not there is installed by the first
# of them that needs it, below target/ where that is possible.
.DEFAULT_GOAL := build
.PHONY: build test lint fmt bench layer setup
SHELL := /bin/bash

# What tests/setup installs goes before what the machine has.
export PATH := $(CURDIR)/target/test-tools/venv/bin:$(PATH)

build: ## the runtime and the developer's tool, as they are released
	cargo build --release --workspace

test: lint ## everything that is checked
	cargo test --workspace --no-fail-fast
	cargo test --manifest-path benches/Cargo.toml --package moonlayer-bench

lint: setup ## format, lints and documentation, warnings denied
	for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml; do \
	  cargo fmt --manifest-path $$manifest --all --check || exit 1; done
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --manifest-path benches/Cargo.toml --package moonlayer-bench --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	node tests/stylua.mjs --check
	luacheck --quiet .
	$(if $(wildcard Dockerfile*),hadolint $(wildcard Dockerfile*))

fmt: setup ## formats Rust and Lua
	for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml; do \
	  cargo fmt --manifest-path $$manifest --all || exit 1; done
	node tests/stylua.mjs

bench: ## measures us and our peers, in one interleaved run
	benches/run

layer: ## target/layer/lua-54-ARCHITECTURE.zip
	cargo run --release -- layer build

setup:
	tests/setup
