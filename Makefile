# demo, test, acceptance, bench, fuzz, endure: little else.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint install clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[demo,dev]'
	touch $@

install: $(VENV)/.installed

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# FOR=60 ends by itself after so many seconds.
demo: install
	$(BIN)/upheld demo $(if $(FOR),--for $(FOR))

test: install
	.ci/peers
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q
