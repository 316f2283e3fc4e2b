# ymawky: `make serve` and `make test` are the whole set-up; bare `make` builds the native server.
# Everything that is made goes into .venv/ and build/, and ./ymawky.

# The first Python on PATH that is new enough, or PYTHON=...
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; \
	done)
PORT ?= 8080
JOBS ?= 2

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check -qq install
CODE := $(wildcard emu debugger tests bench hatch_build.py)

.DEFAULT_GOAL := ymawky
.PHONY: serve test lint format types pytest conformance bench bench-quick bench-curves screenshots lock clean help

# ---- the native server -------------------------------------------------------------------------

ifeq ($(shell uname -s 2>/dev/null),Darwin)
ymawky: ymawky.s
	cc -arch arm64 -o $@ ymawky.s
else
ymawky: ymawky.s .venv/dev.stamp
	ZIG_LOCAL_CACHE_DIR=build/zig ZIG_GLOBAL_CACHE_DIR=build/zig \
		$(PY) -m ziglang cc -target aarch64-macos -o $@ ymawky.s
endif

# Keystone has wheels for x86-64 only: elsewhere the emulator runs the native executable.
ifeq ($(filter x86_64 amd64 AMD64,$(shell uname -m)),)
PREBUILT := ymawky
endif

# ---- the environment ---------------------------------------------------------------------------

# Locked versions with hashes; a changed lock or project file installs again.
.venv/run.stamp: requirements/run.txt pyproject.toml
	@$(PYTHON_CHECK)
	@echo "setting up .venv with $(PYTHON)"
	@$(PY) -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@echo "installing the development tools"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

define PYTHON_CHECK
if [ -z "$(PYTHON)" ]; then \
	echo "ymawky needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python" >&2; \
	exit 1; \
fi; \
if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	echo "$(PYTHON) is not a Python 3.11 or newer: say make PYTHON=/path/to/python" >&2; \
	exit 1; \
fi; \
if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
	echo "$(PYTHON) cannot make virtual environments: install the rest of it" \
		"(Debian and Ubuntu: apt install python3-venv), or say make PYTHON=/path/to/python" >&2; \
	exit 1; \
fi
endef

# ---- what to do with it ------------------------------------------------------------------------

serve: .venv/run.stamp $(PREBUILT) ## serve the sample site on 127.0.0.1:8080 (PORT=n for another port)
	@$(PY) -m emu.cli run --port $(PORT)

test: .venv/dev.stamp ## run everything: lint, types, tests
	@$(MAKE) --no-print-directory --keep-going lint types pytest

lint: .venv/dev.stamp ## check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: .venv/dev.stamp ## mend style and formatting as far as that goes by itself
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

types: .venv/dev.stamp ## check the types for Linux, macOS and Windows
	@for platform in linux darwin win32; do \
		echo "mypy for $$platform"; \
		$(BIN)/mypy --platform $$platform --cache-dir .mypy_cache/$$platform $(CODE) || exit 1; \
	done

pytest: .venv/dev.stamp ## run the tests alone (TESTS=tests/test_x.py for some)
	$(BIN)/pytest -n $(JOBS) $(TESTS)

conformance: .venv/dev.stamp $(PREBUILT) $(NATIVE) ## run the server's tests alone (NATIVE=./ymawky: with that executable)
	YMAWKY_NATIVE="$(NATIVE)" $(BIN)/pytest -n $(JOBS) tests/server

bench: .venv/dev.stamp ## measure beside other servers on one core
	$(PY) -m bench

bench-quick: .venv/dev.stamp ## the same within a minute
	$(PY) -m bench --quick

bench-curves: .venv/dev.stamp ## what a request or a fork costs as one thing grows
	$(PY) -m bench.curves

screenshots: .venv/dev.stamp ## make the pictures in the documentation again
	$(PY) -m tests.screenshots

lock: ## write requirements/ again from pyproject.toml (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate pyproject.toml --group install -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate -c requirements/run.txt pyproject.toml --group dev \
		-o requirements/dev.txt

clean: ## remove all that was made
	rm -rf .venv build dist ymawky .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@echo "make              build the native arm64 Mach-O executable ./ymawky"
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r target what; do \
		printf 'make %-12s %s\n' "$$target" "$$what"; done
