# Needs Python 3.11 or newer and make. Everything goes into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lab lint fields bench clean

demo: .venv/installed
	$(BIN)/kiwoom-research demo

test: .venv/installed-dev
	$(BIN)/python -m pytest

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fields: .venv/installed-dev
	$(BIN)/python -m kiwoom_research.endpoints > FIELDS.md

bench: .venv/installed-dev
	$(BIN)/python -m compileall -q kiwoom_research
	$(BIN)/python -m pytest benchmarks --ignore= -o addopts= -o python_files='bench_*.py' -q

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 demo"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv
