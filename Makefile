# The commands that people type. Everything they need that is not there is installed by the first
# of them that needs it, below target/ where that is possible.
.DEFAULT_GOAL := build
.PHONY: build test test-arm64 test-luajit lint fmt bench layer layers setup
SHELL := /bin/bash

# What tests/setup installs goes before what the machine has.
export PATH := $(CURDIR)/target/test-tools/venv/bin:$(PATH)

build: ## the runtime and the developer's tool, as they are released
	cargo build --release --workspace

test: lint test-luajit ## everything that is checked
	cargo test --workspace --no-fail-fast
	cargo test --manifest-path benches/Cargo.toml --package moonlayer-bench
	node --test --test-concurrency=2 plugin/test/*.test.js
	NODE_PATH=$(CURDIR)/target/test-tools/node_modules node --test --test-concurrency=2 cdk/test/*.test.js
	@# No registry of Debian, PyPI or npm has it, so tests/setup cannot install it.
	if command -v terraform; then cargo test --package moonlayer-cli --test terraform; \
	  else echo "NOT RUN: tests/terraform.rs, since Terraform (1.9 or newer) is not on the PATH"; fi

test-luajit: setup ## the runtime with LuaJIT; a folder of its own, so that neither compiles the other anew
	cargo clippy --package moonlayer --no-default-features --features luajit --target-dir target/luajit \
	  --all-targets -- -D warnings
	cargo test --package moonlayer --no-default-features --features luajit --target-dir target/luajit --no-fail-fast

test-arm64: setup ## every sample with the arm64 layers, under qemu; minutes, by hand
	layer/arm64-toolchain
	tests/arm64.mjs

lint: setup ## format, lints and documentation, warnings denied
	for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml; do \
	  cargo fmt --manifest-path $$manifest --all --check || exit 1; done
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --package moonlayer-cli --test terraform -- -D warnings
	cargo clippy --manifest-path benches/Cargo.toml --package moonlayer-bench --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	node tests/stylua.mjs --check
	luacheck --quiet .
	target/test-tools/node_modules/.bin/tsc -p plugin --typeRoots target/test-tools/node_modules/@types
	hadolint Dockerfile.build sample-images/Dockerfile.*
	shellcheck .ci/run benches/run layer/arm64-toolchain layer/entry.sh release/archive release/cloud-test \
	  release/cut release/notes tests/containers tests/setup

fmt: setup ## formats Rust and Lua
	for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml; do \
	  cargo fmt --manifest-path $$manifest --all || exit 1; done
	node tests/stylua.mjs

bench: ## measures us and our peers, in one interleaved run
	benches/run

layer: ## target/layer/lua-54-ARCHITECTURE.zip
	cargo run --release -- layer build

layers: ## all four zips, below target/layer
	layer/arm64-toolchain
	cargo run --release -- layer build --interpreter all --arch both

setup:
	tests/setup
