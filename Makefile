# Each target sets up what it needs on a fresh machine; the second time that takes no time at all.
# make run ARGS="--for 5d" | make fast K=name | make lock ARGS=--upgrade

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run rehearse test lint types fast fix docs soak bench lock clean

PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
ARGS ?=
K ?=
# One more than there are cores: tests also wait, for a chain's blocks and for processes to start.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call install,ENVIRONMENT,LOCK): uv takes 2 s, pip takes 40 s and is there if uv is of no use.
install = $(1)/bin/uv pip install --quiet --python $(1)/bin/python --compile-bytecode \
	    --require-hashes -r $(2) \
	|| $(1)/bin/python -m pip install --quiet --require-hashes -r $(2)
# $(call install_project,ENVIRONMENT): this project itself, as files that can be edited.
install_project = $(1)/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .

# The EVM node and the compiler of the chain tests; `make run` needs neither.
NODE := node_modules/.installed

help:
	@echo "make run    the daemon on config.example.yaml (ARGS=... is passed on)"
	@echo "make rehearse  live trading against a venue and a chain of this machine, without money"
	@echo "make test   everything that CI runs"
	@echo "make fast   the quick tests, without coverage (K=name picks some)"
	@echo "make fix    format, and repair what the linter can repair"
	@echo "make docs   rewrite the generated tables in docs/"
	@echo "make soak   the long crash proofs"
	@echo "make bench  the benchmarks, beside what they are compared to"
	@echo "make lock   resolve the locks again (ARGS=--upgrade: to the newest versions)"
	@echo "make clean  remove the environments, caches and reports"

run: .venv/.run
	$(BIN)/polyhedge run --config config.example.yaml $(ARGS)

rehearse: .venv/.run $(NODE)
	$(BIN)/polyhedge rehearse $(ARGS)

test: lint types .venv/.dev $(NODE)
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=json:coverage.json --cov-report= $(ARGS)
	$(PY) .ci/coverage_bars.py coverage.json

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

types: .venv/.dev
	$(BIN)/mypy

fast: .venv/.dev
	$(PY) -m pytest -q -x -m "not (live or soak or chain or browser or simulation)" -k "$(K)" $(ARGS)

fix: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/.dev
	$(PY) docs/generate.py $(ARGS)

soak: .venv/.dev $(NODE)
	$(PY) -m pytest -m soak $(ARGS)

bench: .venv-bench/.installed $(NODE)
	.venv-bench/bin/python -m benchmarks $(ARGS)

# Each lock keeps the versions of the one before it, so that one environment can hold them all.
LOCK = $(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --quiet $(ARGS)
lock: .venv/.tools
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) pyproject.toml --extra bench -c requirements-dev.lock -o requirements-bench.lock
	$(LOCK) --group pyproject.toml:build -c requirements-dev.lock -o requirements-build.lock

clean:
	rm -rf .venv .venv-bench node_modules .cache .coverage coverage.json .hypothesis \
	  .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find bot tests -name __pycache__ -type d -prune -exec rm -rf {} +

%/.tools: requirements-build.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "polyhedge needs Python 3.11 or newer; $(PYTHON) is older or missing."\
	       "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "$(PYTHON) cannot make virtual environments."\
	       "On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making the environment $*"
	@$(PYTHON) -m venv $*
	@$*/bin/python -m pip install --quiet --require-hashes -r requirements-build.lock
	@touch $@

.venv/.run: .venv/.tools requirements.lock pyproject.toml
	@echo "Installing requirements.lock into .venv"
	@$(call install,.venv,requirements.lock)
	@$(call install_project,.venv)
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo "Installing requirements-dev.lock into .venv"
	@$(call install,.venv,requirements-dev.lock)
	@touch $@

.venv-bench/.installed: .venv-bench/.tools requirements-bench.lock pyproject.toml
	@echo "Installing requirements-bench.lock into .venv-bench"
	@$(call install,.venv-bench,requirements-bench.lock)
	@$(call install_project,.venv-bench)
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc
	@command -v npm >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null \
	  || { echo "Installing npm by apt-get"; \
	       apt-get -qq update && apt-get -qq install --no-install-recommends npm >/dev/null; }
	@command -v npm >/dev/null \
	  || { echo "The tests on a chain need npm. On Debian or Ubuntu: apt-get install npm" >&2; exit 1; }
	@echo "Installing package-lock.json into node_modules"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
