# One command each. `make run` and `make test` set everything up; the environment is .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check check-long fmt bench scorecard screenshots lock clean
.DEFAULT_GOAL := check

run: .venv/.run-ready ## the bot; without a config.toml the demo
	@if [ -f config.toml ]; then exec $(BIN)/danmod run; else exec $(BIN)/danmod demo; fi

test: .venv/.dev-ready ## every test; without a server its tests are skipped and named
	$(BIN)/python -m pytest

check: .venv/.dev-ready ## format, lint, types, import contracts, tests, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

check-long: .venv/.dev-ready ## the slower proofs: many more examples of every law
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -m "not needs" tests/properties tests/ratelimit tests/commands tests/streams tests/cases
	$(BIN)/python -m tests.norm.removal --known --seed 7 --draw 10

fmt: .venv/.dev-ready ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev-ready ## ratios within one run; fails on a missed gate
	$(BIN)/python -m bench

scorecard: .venv/.dev-ready ## how much of an attack reaches the screen, who is hit for nothing (DANMOD_CHAT_DATA: a folder of logs)
	$(BIN)/python -m bench.scorecard

screenshots: .venv/.dev-ready ## the pictures of the documents, made anew
	$(BIN)/python -m tests.screenshots

lock: .venv/.dev-ready ## pin every dependency anew, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-annotate \
		--extra postgres --extra mail pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-annotate \
		--extra postgres --extra mail --group dev pyproject.toml --output-file requirements-dev.lock

clean: ## remove the environment and what tools keep
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "danmod needs Python 3.11 or newer: sudo apt-get install python3 (or set PYTHON=...)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv is missing: sudo apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.run-ready: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/.dev-ready: .venv/.run-ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
