# demo, test, acceptance, bench, fuzz, endure: little else.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: acceptance bench demo endure fuzz test lint install clean

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
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

# A million messages a protocol through the gate, and long series of broken answers.
fuzz: install
	UPHELD_FUZZ=1 $(BIN)/python -m pytest -q tests/fuzz tests/outlets/test_syslog_messages.py

# Every scenario of tests/acceptance, with a table; SHARED=DIR also replays what others recorded.
acceptance: install
	.ci/peers
	UPHELD_ACCEPTANCE=1 UPHELD_SHARED=$(if $(SHARED),$(abspath $(SHARED))) \
	  $(BIN)/python -m pytest -q tests/acceptance

# Our speed beside the libraries' own, as ratios from one run.
bench: install
	$(BIN)/python -m bench

# Sudden death and what devices suffer, in full, with what was counted: hours.
endure: install
	.ci/peers
	UPHELD_ENDURE=1 $(BIN)/python -m pytest -q tests/ledger/test_crash.py tests/ledger/test_tree.py \
	  tests/ledger/test_tree_by_another_hand.py tests/ledger/test_growth.py \
	  tests/ledger/package/test_million.py tests/ledger/package/test_beside.py tests/appliance/test_sudden_death.py
	UPHELD_ENDURE=1 $(BIN)/python -m pytest -q tests/harm tests/net \
	  tests/appliance/test_holding.py tests/outlets/test_plant_month.py
