# Everything a person needs. Needs git, make and Python 3.11; nothing here asks for more.
SHELL := /bin/sh
PORT ?= 8000
HOST ?= 127.0.0.1
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

# The environments are named after what they hold, so that a changed lock renews them and an unchanged one costs nothing.
RUNTIME := $(VENV)/.runtime-$(shell cksum < requirements.txt | tr -d ' ')
DEVELOPMENT := $(VENV)/.development-$(shell cat requirements.txt requirements-dev.txt | cksum | tr -d ' ')
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet install --require-hashes

.DEFAULT_GOAL := help
.PHONY: help venv venv-dev run test test-sqlite test-services soak check lock bench clean

help:  ## what can be done here
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

$(BIN)/python:
	@python=$$(command -v python3.11 || command -v python3) \
	  && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 is needed: neither python3.11 nor a python3 of that age was found." >&2; exit 1; }; \
	echo "Making the virtual environment $(VENV) with $$python."; \
	$$python -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "The module venv is missing. On Debian: apt-get install python3.11-venv" >&2; exit 1; }

$(RUNTIME): $(BIN)/python
	@echo "Installing the locked requirements (about a minute, once)."
	@$(PIP) -r requirements.txt
	@rm -f $(VENV)/.runtime-*; touch $@

$(DEVELOPMENT): $(RUNTIME)
	@echo "Installing what tests and checks need (once)."
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@rm -f $(VENV)/.development-*; touch $@

venv: $(RUNTIME)  ## the virtual environment with the locked requirements

venv-dev: $(DEVELOPMENT)  ## the same with the tools for tests and checks

run: venv  ## Bearing at http://127.0.0.1:8000/ (PORT=8123 for another port)
	@exec $(BIN)/python manage.py up --host $(HOST) --port $(PORT)

test: test-sqlite test-services  ## all tests: on SQLite, then on PostgreSQL and Redis when their URLs are set

test-sqlite: venv-dev
	env -u DATABASE_URL -u REDIS_URL $(BIN)/pytest -n auto $(PYTEST_ARGS)

# The browser walks the same pages on either database, and Redmine is read the same: once is enough.
test-services: venv-dev
	@if [ -n "$$DATABASE_URL" ] && [ -n "$$REDIS_URL" ]; then \
	  set -x; $(BIN)/pytest -n auto -m "not browser and not redmine" $(PYTEST_ARGS); \
	else \
	  echo "DATABASE_URL and REDIS_URL are not both set: the tests ran on SQLite only."; \
	fi

soak: venv-dev  ## a hundred workers killed in the middle of their work (needs DATABASE_URL and REDIS_URL)
	BEARING_KILLS=100 $(BIN)/pytest roadmap/tests/test_sync_kills.py $(PYTEST_ARGS)

check: venv-dev  ## lint, types, layers, settings, migrations, API schema
	@BIN=$(BIN) sh config/check.sh

lock: venv-dev  ## renew requirements.txt and requirements-dev.txt from the .in files
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --output-file requirements.txt requirements.in
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --output-file requirements-dev.txt requirements-dev.in

bench: venv-dev  ## measure what bench/ measures (needs DATABASE_URL for most of it)
	@for script in bench/[a-z]*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

clean:  ## remove the virtual environment and caches; var/ with its data stays
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
