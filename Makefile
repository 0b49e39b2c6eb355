# Needs python3 >= 3.11 with venv, and make; everything else is installed into .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
STATIC := $(shell find routing/static -type f 2>/dev/null)
LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: install run test check bench chaos lock messages
.DEFAULT_GOAL := install

.venv/runtime: requirements/runtime.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Alert Relay needs Python 3.11 or newer: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "This Python cannot make a venv (on Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Installing into .venv ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) -r requirements/runtime.txt
	@touch $@

.venv/development: .venv/runtime requirements/development.txt
	@echo "Installing what the tests need ..." >&2
	@$(PIP) -r requirements/development.txt
	@touch $@

.venv/static: .venv/runtime $(STATIC)
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@touch $@

install: .venv/runtime .venv/static

run: install
	@PUBLIC_URL="$(PUBLIC_URL)" $(MANAGE) up --demo --host $(HOST) --port $(PORT)

test: .venv/development
	@$(BIN)/python -m tests.suite

check: .venv/development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy relay_site routing integrations tests bench
	$(MANAGE) makemigrations --check --dry-run
	PUBLIC_URL=https://relay.example.com $(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(BIN)/python -m tests.translations

bench: .venv/development
	@$(BIN)/python -m bench

chaos: .venv/development
	@$(BIN)/python -m bench.chaos

messages: .venv/development
	$(MANAGE) makemessages --locale zh_Hans --no-wrap --no-location --ignore .venv --ignore tests
	$(MANAGE) compilemessages --locale zh_Hans

.venv-lock/ready:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

lock: .venv-lock/ready
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml --all-extras --output-file requirements/extras.txt
	$(LOCK) pyproject.toml --all-extras --group development --output-file requirements/development.txt
