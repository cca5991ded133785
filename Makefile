# Two commands matter: `make run` and `make test`. Everything is installed into .venv, once.
#
#   PYTHON=python3.12 make run     another Python (3.11 or later)
#   WORKERS=4 make test            more tests side by side

PYTHON  ?= python3
WORKERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
RUNS    := $(VENV)/installed-to-run
TESTS   := $(VENV)/installed-to-test
PIP     := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test quick check lint types install bench docs clean

help:     ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: $(RUNS)     ## the main job: compare the baseline with eight falls vehicles
	$(BIN)/icsim compare baseline falls_vehicles

test: $(TESTS) compiled     ## all tests
	$(BIN)/python -m pytest -n $(WORKERS)

quick: $(TESTS)     ## the quick tests
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

check: lint types quick     ## lint, types and quick tests: run it before you hand anything in

lint: $(TESTS)     ## look for mistakes in the code without running it
	$(BIN)/ruff check .

types: $(TESTS)     ## check the types
	$(BIN)/mypy

install: $(TESTS)     ## install everything, run nothing

bench: benchmarks/.venv/installed     ## measure speed and memory, beside peers, in an environment of its own
	benchmarks/.venv/bin/python -m benchmarks

docs: $(TESTS)     ## write docs/reference afresh from the tables
	$(BIN)/python docs/generate.py

clean:     ## remove what can be made again (results are kept)
	rm -rf $(VENV) benchmarks/.venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests benchmarks docs calibration -name __pycache__ -type d -prune -exec rm -rf {} +

# Compile the loops once, before several test processes would each do it.
.PHONY: compiled
compiled: $(TESTS)
	@$(BIN)/icsim run testshire/baseline --no-charts --out build/compiled > /dev/null

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "icsim needs Python 3.11 or later; name one with PYTHON=python3.11 make ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(RUNS): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(TESTS): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[test,dev]'
	@touch $(RUNS) $@

benchmarks/.venv/installed: pyproject.toml constraints.txt $(wildcard benchmarks/requirements*.txt)
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip --disable-pip-version-check --quiet install -c constraints.txt -e . \
	$(addprefix -r ,$(wildcard benchmarks/requirements*.txt))
	@touch $@
