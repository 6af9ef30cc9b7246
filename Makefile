# `make serve` and `make test` are all a newcomer needs; `make help` lists the rest.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PINS := pyproject.toml constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help serve install test clients check audit fix bench fuzz soak docs pictures ray-test clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/base.stamp  ## set up what the server needs, and start it
	@$(BIN)/makima serve $(ARGS)

install: $(VENV)/all.stamp  ## build .venv with everything: engines, tests, tools

test: install  ## run the tests
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

clients: install  ## run the released clients of other services against the server
	@$(BIN)/python -m tests.clients $(ARGS)

check: install  ## formatting, lint, types, layers and secrets
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@git ls-files | grep -vE '^tests/|\.(png|wav|mp3|json)$$' | xargs $(BIN)/detect-secrets-hook \
		--disable-plugin KeywordDetector --disable-plugin HexHighEntropyString

# It asks PyPI for known faults of each pinned version, so it needs the internet and is no part of `check`.
audit: install  ## look for known faults in what is installed
	@$(PIP) pip-audit && $(BIN)/pip-audit -r constraints.txt --no-deps

fix: install  ## format, and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: install  ## measure the server and print the figures against their targets
	@$(BIN)/makima bench $(ARGS)

MINUTES ?= 5
soak: install  ## sessions of every kind for minutes, and what is left of them: make soak MINUTES=10 ARGS="-e kokoro"
	@$(BIN)/makima bench soak --minutes $(MINUTES) $(ARGS)

docs: install  ## build the site of the documentation into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "build/site/index.html"

pictures: install  ## take the pictures of docs again, with Kokoro and Whisper
	@$(BIN)/python -m tests.web.pictures $(ARGS)

ray-test: install  ## run the tests of a cluster of this machine; installs Ray
	@$(PIP) -e '.[dev,ray]'
	@$(BIN)/python -m pytest -m slow tests/deploy/test_ray.py $(ARGS)

CASES ?= 20000
fuzz: install  ## send random hostile input to everything that reads any: make fuzz CASES=1000000
	@PYTHONPATH=. $(BIN)/python -m tests.fuzz --cases $(CASES) $(ARGS)

clean:  ## remove .venv and caches
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Both stamps depend on the pins, so that a changed pin installs again.
$(VENV)/base.stamp: $(PINS) | $(BIN)/python
	@echo "Installing the server into $(VENV) ..."
	@MAKIMA_KERNELS=0 $(PIP) --no-compile -e .
	@touch $@

$(VENV)/all.stamp: $(PINS) | $(BIN)/python
	@echo "Installing everything into $(VENV); PyTorch alone takes a few minutes ..."
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/base.stamp $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: https://www.python.org/downloads/"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

include parity/parity.mk
