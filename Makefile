# All commands for developers. Needs Python 3.11 or later, Rust and make; everything else is installed into .venv from the
# lock file. CONTRIBUTING.md explains how to run single tests.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CARGO  := cargo
MANIFEST := --manifest-path native/Cargo.toml
# maturin installs into this environment, whichever one is active.
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
unexport CONDA_PREFIX

.PHONY: help demo test test-native instructions budget test-python golden explore lint lint-python lint-native lint-stubs screenshots bench bench-grouping bench-service build dev lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: build ## build, then show real crashes of four architectures as named stacks
	@$(BIN)/symbolicate report --brief --store demo-out/store --symbols symbols-fixtures/symbols \
	  $$(sed 's|^|symbols-fixtures/|' symbols-fixtures/demo.txt)
	@echo "In a browser: $(BIN)/symbolicate serve --demo, then http://127.0.0.1:8080"

test: lint test-native instructions lint-stubs test-python ## lint, then the native and the Python tests

test-native: ## the tests of the native crates; property tests use the same cases each time
	PROPTEST_RNG_SEED=1 $(CARGO) test $(MANIFEST) --locked --profile quick --workspace --exclude symbolicate-python

# The program is an example of the crate `engine`; the native tests have built it, and all that it needs, with the same options.
HOT_PATHS = $(CARGO) build $(MANIFEST) --locked --profile quick --workspace --exclude symbolicate-python --example hot_paths

instructions: $(VENV)/.locked ## count the instructions of the hot paths; fails beyond their budget
	$(HOT_PATHS)
	$(BIN)/python benchmarks/instructions.py

# Without incremental compilation counts are up to 20 % lower: a budget of those would fail elsewhere.
budget: $(VENV)/.locked ## renew the budget of instructions, benchmarks/budget.toml; read the difference before you commit it
	env -u CARGO_INCREMENTAL $(HOT_PATHS)
	env -u CARGO_INCREMENTAL $(BIN)/python benchmarks/instructions.py --renew

# Two files of tests at a time: they share no ports, folders or databases, and most of them wait for other processes.
test-python: dev ## the Python tests
	$(BIN)/pytest -q -n 2 --dist loadfile

golden: dev ## rewrite every golden file from the output; read the difference before you commit it
	for test in \
	  "--package symbolicate-engine --test instruction" \
	  "--package symbolicate-inputs --test golden" \
	  "--package symbolicate-symbols --test files" \
	  "--package symbolicate-symbols --test packed"; do \
	  UPDATE_GOLDEN=1 $(CARGO) test $(MANIFEST) --locked --profile quick --quiet $$test || exit 1; \
	done
	UPDATE_GOLDEN=1 $(BIN)/pytest -q -m golden

explore: dev ## run the property tests with many other cases than `make test`
	PROPTEST_CASES=20000 $(CARGO) test $(MANIFEST) --locked --profile quick --workspace --exclude symbolicate-python
	SYMBOLICATE_EXPLORE=1 $(BIN)/pytest -q

lint: lint-python lint-native ## every check that does not need the native module

lint-python: $(VENV)/.locked
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ruff check --isolated --select E9,F --quiet symbols-fixtures native
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports

lint-native:
	$(CARGO) fmt $(MANIFEST) --all --check
	$(CARGO) clippy $(MANIFEST) --locked --workspace --all-targets -- -D warnings
	CUSTOM_LIBFUZZER_PATH=/nowhere/libfuzzer.a $(CARGO) check --manifest-path native/fuzz/Cargo.toml --locked \
	  --target-dir native/target --all-targets # the fuzz targets compile; libFuzzer itself, in C++, is left out

lint-stubs: dev # the stub of the native module matches the module
	$(BIN)/python -m mypy.stubtest symbolicate._native

screenshots: dev ## renew the screenshots in docs/images; needs Debian's chromium
	$(BIN)/python tests/screenshots.py

bench: build ## compare the speed with other tools; writes benchmarks/RESULTS.md; BENCH="batch lookups" measures some parts
	$(CARGO) build $(MANIFEST) --locked --release --package symbolicate-symbols --package symbolicate-failure \
	  --package symbolicate-engine --example sym_bench --example name_bench --example normalise_bench --example hot_paths
	$(BIN)/python benchmarks/run.py $(BENCH)

bench-grouping: build ## measure names and buckets on labelled crashes; writes benchmarks/grouping/RESULTS.md
	$(BIN)/python benchmarks/grouping/run.py

bench-service: build ## measure the store and the service on both databases, in some five minutes; writes benchmarks/RESULTS-service.md
	for db in "" postgresql; do \
	  $(BIN)/python benchmarks/store.py --database "$$db" && $(BIN)/python benchmarks/service.py --db "$$db" || exit 1; \
	done
	$(BIN)/python benchmarks/scaling.py

build: $(VENV)/.locked ## install into .venv with the release profile
	PIP_QUIET=1 $(BIN)/maturin develop --release --locked --quiet

dev: $(VENV)/.locked ## install into .venv with the quick profile (overflow and debug checks on)
	PIP_QUIET=1 $(BIN)/maturin develop --profile quick --locked --quiet

lock: ## renew the lock files
	$(PYTHON) -m venv build/lock && build/lock/bin/pip install -q uv
	build/lock/bin/uv pip compile -q --universal --generate-hashes \
	  --python-version 3.11 --upgrade --extra dev --no-header pyproject.toml -o requirements-dev.lock
	$(CARGO) update $(MANIFEST)

clean: ## remove everything that these targets made
	rm -rf $(VENV) build dist native/target demo-out

$(VENV)/.locked: requirements-dev.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
