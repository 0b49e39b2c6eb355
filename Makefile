# Needs python3 >= 3.11 with venv, and make; everything else is installed into .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

# Stamps carry the checksum of what they were made from: a checkout that only touches files repeats nothing.
RUNTIME := .venv/runtime-$(shell cksum < requirements/runtime.txt | cut -d ' ' -f 1)
DEVELOPMENT := .venv/development-$(shell cksum < requirements/development.txt | cut -d ' ' -f 1)
STATIC := $(or $(VAR_DIR),var)/.static-$(shell find routing/static -type f | LC_ALL=C sort | xargs cat requirements/runtime.txt | cksum | cut -d ' ' -f 1)

.PHONY: install develop run test check check-types check-style check-site bench chaos lock messages sbom audit
.DEFAULT_GOAL := install

install: $(RUNTIME) $(STATIC)

$(RUNTIME):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Alert Relay needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "$(PYTHON) cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Installing into .venv ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --requirement requirements/runtime.txt
	@rm -f .venv/runtime-* && touch $@

$(DEVELOPMENT): $(RUNTIME)
	@echo "Installing what the tests need ..." >&2
	@$(PIP) --requirement requirements/development.txt
	@rm -f .venv/development-* && touch $@

develop: install $(DEVELOPMENT)

$(STATIC): $(RUNTIME)
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@rm -f $(dir $@).static-* && touch $@

# Outdated static files are forgotten only: `up` lays them out beside its other preparations.
run: $(RUNTIME)
	@test -e $(STATIC) || { mkdir -p $(dir $(STATIC)) && cd $(dir $(STATIC)) && rm -f .static-* static/staticfiles.json && touch $(notdir $(STATIC)); }
	@$(if $(PUBLIC_URL),PUBLIC_URL="$(PUBLIC_URL)") $(MANAGE) up --demo --host $(HOST) --port $(PORT)

test: $(DEVELOPMENT)
	@$(BIN)/python -m tests.suite

# Two at a time: the types take as long as all the rest.
check: $(DEVELOPMENT)
	@$(MAKE) --no-print-directory --jobs=2 check-types check-style check-site

check-types: $(DEVELOPMENT)
	$(BIN)/mypy relay_site routing integrations

check-style: $(DEVELOPMENT)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m tests.translations

check-site: $(DEVELOPMENT)
	$(MANAGE) makemigrations --check --dry-run
	PUBLIC_URL=https://relay.example.com $(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null

bench: $(DEVELOPMENT)
	@$(BIN)/python -m bench

chaos: $(DEVELOPMENT)
	@$(BIN)/python -m bench.chaos

messages: $(DEVELOPMENT)
	$(MANAGE) makemessages --locale zh_Hans --no-wrap --no-location --ignore .venv --ignore tests
	$(MANAGE) compilemessages --locale zh_Hans --ignore .venv

.venv-lock/ready:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

lock: .venv-lock/ready
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml --all-extras --output-file requirements/extras.txt
	$(LOCK) pyproject.toml --all-extras --group development --output-file requirements/development.txt

# The same lock gives the same bytes. CycloneDX 1.6, of everything that the image and the units may install.
sbom: $(RUNTIME)
	@mkdir -p build
	@$(BIN)/python deploy/sbom.py requirements/extras.txt > build/sbom.cdx.json
	@echo "build/sbom.cdx.json: `grep -c '"bom-ref": "pkg:' build/sbom.cdx.json` packages"

# Without the network nothing is installed and nothing looked up, which audit.py says. AUDIT=--unless-offline: and goes on.
audit: $(RUNTIME)
	@test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && \
	  timeout 120 .venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; } || true
	@$(BIN)/python deploy/audit.py .venv-audit/bin/pip-audit requirements/extras.txt $(AUDIT)
