# One word a verb.  Everything is installed into .venv; nothing else is needed than Python, pip and make.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: help run test lint types unit verify report clean
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: $(VENV)/run.done  ## set up what is needed, then measure the quick suite: a minute
	$(BIN)/lstmbench run

test: lint types unit  ## everything that CI checks: style, types and tests

lint: $(VENV)/test.done  ## style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/test.done  ## types
	$(BIN)/mypy

unit: $(VENV)/test.done  ## tests
	$(BIN)/pytest --numprocesses auto --dist loadfile

verify: $(VENV)/run.done  ## every cell against the float64 oracle
	$(BIN)/lstmbench verify

report: $(VENV)/run.done  ## write the table of the README anew from its result file
	$(BIN)/lstmbench report --update README.md

clean:  ## remove everything that was made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks

$(VENV)/run.done: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/test.done: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@
