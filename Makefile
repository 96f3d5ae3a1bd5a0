# `make run` and `make test` do all the set-up in a fresh clone. They only need Python 3.11 with venv.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps

FAILED = { echo 'The installation failed; see the messages of pip above (is there a network?). Run the same make again.' >&2; exit 1; }

.PHONY: help run install test check setup lint types tests quick fuzz schema pictures mutants crash cluster containers lock clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 12

run: .venv/run.stamp  ## run the bot on Discord, or a rehearsal here if there is no token
	@$(BIN)/python -m bot run --or-rehearse

install: .venv/run.stamp  ## set up .venv with what the bot needs

test: check  ## check everything that CI checks

check: setup lint types tests  ## check format, lint, types, tests and pages

setup: .venv/dev.stamp  ## set up .venv with the development tools

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

# One worker a core, and one more (tests/conftest.py). Python may keep what it compiled, whatever the environment says: that saves a
# worker some six seconds.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --max-worker-restart 0

tests: setup
	$(PYTEST)

quick: setup  ## the tests of rules, storage, texts and imports alone, in seconds
	$(PYTEST) tests/core tests/storage tests/texts tests/test_architecture.py \
	  --ignore tests/storage/test_crash.py --hypothesis-profile quick

fuzz: setup  ## read damaged and made-up character cards, ten thousands of each kind: half an hour
	$(PYTEST) tests/personas/cards/test_fuzz.py tests/personas/cards/test_round_trip.py --hypothesis-profile fuzz -o hanging=0

# The stamp `whole` doesn't exist during an installation, so an installation that was killed starts again.
.venv/whole:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo \
	  '$(PYTHON) is not Python 3.11 or later. Install it, or choose it with: make PYTHON=python3.11 …' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo \
	  '$(PYTHON) has no module venv. On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@echo 'Setting up .venv …' >&2
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/run.stamp: requirements.lock pyproject.toml .venv/whole
	@mv .venv/whole .venv/half
	@$(INSTALL) --require-hashes -r requirements.lock || $(FAILED)
	@$(INSTALL) --no-build-isolation --editable . || $(FAILED)
	@mv .venv/half .venv/whole
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	@echo 'Installing the development tools …' >&2
	@mv .venv/whole .venv/half
	@$(INSTALL) --require-hashes -r requirements-dev.lock || $(FAILED)
	@mv .venv/half .venv/whole
	@touch $@

schema: setup  ## write personas/persona.schema.json from the models
	$(BIN)/python -m bench.schema

pictures: .venv/pictures.stamp  ## make docs/pictures from the real bot; needs Chromium on the PATH
	$(BIN)/python -m bench.pictures

.venv/pictures.stamp: requirements-pictures.lock .venv/dev.stamp
	@echo 'Installing what pictures need …' >&2
	@mv .venv/whole .venv/half
	@$(INSTALL) --require-hashes -r requirements-pictures.lock || $(FAILED)
	@mv .venv/half .venv/whole
	@touch $@

crash: setup  ## kill the bot a thousand times, and look whether anything is lost
	$(BIN)/python -m tests.crash.forge 900
	$(BIN)/python -m tests.crash.whole 40

cluster: setup  ## let several bots on one PostgreSQL be killed, cut off, stopped and replaced: an hour and a half
	$(BIN)/python -m tests.cluster.forge

containers: setup  ## run the image and the Compose files in Docker, between stand-ins for Discord and the model: five minutes
	$(BIN)/python -m tests.containers.try_out

mutants: .venv/mutation.stamp  ## change the rules of core/output, core/posts and routing: do their tests notice? An hour at most
	$(BIN)/python -m bench.mutants

.venv/mutation.stamp: requirements-mutation.lock .venv/dev.stamp
	@echo 'Installing what mutants need …' >&2
	@mv .venv/whole .venv/half
	@$(INSTALL) --require-hashes -r requirements-mutation.lock || $(FAILED)
	@mv .venv/half .venv/whole
	@touch $@

lock:  ## update the lock files; needs uv
	uv pip compile pyproject.toml --extra ops --extra postgres --group build --universal --generate-hashes --no-header --no-annotate --quiet -o requirements.lock
	uv pip compile pyproject.toml --extra ops --group build --group dev -c requirements.lock --universal --generate-hashes --no-header --no-annotate --quiet -o requirements-dev.lock
	uv pip compile pyproject.toml --extra ops --group build --group dev --group mutation -c requirements-dev.lock --universal --generate-hashes --no-header --no-annotate --quiet -o requirements-mutation.lock
	uv pip compile pyproject.toml --extra ops --group build --group dev --group pictures -c requirements-dev.lock --universal --generate-hashes --no-header --no-annotate --quiet -o requirements-pictures.lock

clean:  ## remove .venv
	rm -rf .venv
