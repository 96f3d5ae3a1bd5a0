# `make run` and `make test` do all the set-up from a fresh clone; they need Python 3.11 with venv, and nothing else.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps

.PHONY: run test check setup lint types tests lock clean

run: .venv/run.stamp  ## the bot on Discord, or a rehearsal here when there is no token
	@$(BIN)/python -m bot run --or-rehearse

test: check  ## everything CI asks for

setup: .venv/dev.stamp  ## .venv with the development tools

check: setup lint types tests  ## format, lint, types, tests, docs tests

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

tests: setup
	$(BIN)/python -m pytest

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

lock:  ## resolve the lock files anew; needs uv
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-header --no-annotate --quiet -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev -c requirements.lock --universal --generate-hashes --no-header --no-annotate --quiet -o requirements-dev.lock

clean:
	rm -rf .venv
