# Needs Python 3.11 or newer and make. Everything goes into .venv.
RIGHT := import ensurepip, sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c '$(RIGHT)' 2>/dev/null && echo $(p))))
BIN := .venv/bin

.PHONY: demo lab test lint docs fields closures readme notebooks pictures bench mutants clean

demo: .venv/installed
	$(BIN)/kiwoom-research demo
	@echo 'To go on: "make lab" opens the notebooks in JupyterLab.'

lab: .venv/installed-dev
	$(BIN)/jupyter lab notebooks

test: .venv/installed-dev .venv-judge/installed
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture --version
	! $(BIN)/vulture | grep -v '^kiwoom_research/endpoints/'  # calls are found by their id, not by the name of their table

# the site in build/site; "python -m http.server -d build/site" shows it
docs: .venv/installed-dev
	$(BIN)/python docs/build.py

fields: .venv/installed-dev
	$(BIN)/python -m kiwoom_research.endpoints > FIELDS.md
	$(BIN)/python -m kiwoom_research.screening > docs/FEATURES.md
	$(BIN)/python -m tests.module_map

# the closures of the exchange up to the end of next year
closures: .venv/installed-dev
	$(BIN)/python -m kiwoom_research.calendar > .closures
	mv .closures kiwoom_research/calendar/closures.py

# the outputs shown in the READMEs, after the sandbox's market has changed
readme: .venv/installed-dev
	KIWOOM_WRITE_README=1 $(BIN)/python -m pytest tests/test_docs.py -k readme_examples

# the outputs in the notebooks, all or some: make notebooks ONLY="01 03"
notebooks: .venv/installed-dev
	$(BIN)/python -m tests.notebooks $(ONLY)

# the pictures of README and docs; docs/pictures/explorer.png is a screenshot of tests/e2e
pictures: .venv/installed-dev
	$(BIN)/python docs/pictures/draw.py

# without .pyc files an import takes three times as long
bench: .venv/installed-dev
	$(BIN)/python -m compileall -q kiwoom_research
	$(BIN)/python -m pytest benchmarks -s -o python_files='bench_*.py'

# plant mistakes in tables and code and print those that no test notices (about 20 minutes)
mutants: .venv/installed-dev
	$(BIN)/python -m tests.mutants

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (with its venv module): make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# somebody else's client, in an environment of its own: tests/test_judge.py
.venv-judge/installed: tests/judge/requirements.txt .venv/installed
	$(BIN)/python -m venv .venv-judge
	.venv-judge/bin/python -m pip install -qq --disable-pip-version-check -r tests/judge/requirements.txt
	touch $@

clean:
	rm -rf .venv .venv-*
