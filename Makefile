# Every target sets up what it needs; a second run only checks that it is there.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
SYSTEM := $(VENV)/.system
ENGINES_VENV := .venv-engines
ENGINES := $(ENGINES_VENV)/.engines
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test coverage check format test-engines proof bench docs cassettes reference lock clean

help: ## Show what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: $(RUNTIME) ## Watch the whole way from counts to values, against a Google on loopback
	@$(BIN)/convbridge demo

test: check $(SYSTEM) ## Run the checks and the whole test suite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

coverage: $(SYSTEM) ## Run the test suite and show the lines and branches it leaves out
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=term:skip-covered $(ARGS)

check: $(DEV) ## Format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

test-engines: $(ENGINES) ## Run the examples under the real Airflow, Dagster and Spark
	@$(ENGINES_VENV)/bin/python -m pytest -m engine tests/engines tests/warehouse/test_spark.py $(ARGS)

format: $(DEV) ## Let ruff mend what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

proof: $(DEV) ## Measure the values on simulated shops, and clients' isolation; writes docs/proof.md
	@$(BIN)/python tests/proof/run.py
	@$(BIN)/python tests/proof/isolation.py

bench: $(DEV) ## Measure speed and memory beside fair peers; writes docs/benchmarks.md
	@for name in ga4_rows warehouse_events delivery agency; do \
		$(BIN)/python tests/bench/$$name.py --write docs/benchmarks.md || exit 1; done

cassettes: $(DEV) ## Record the cassettes anew, against the sandbox
	@$(BIN)/python -m pytest tests/test_cassettes.py tests/test_http_cassettes.py --record=all

reference: $(DEV) ## Write the generated pages of docs/reference anew
	@$(BIN)/python -m convbridge.cli.reference docs/reference

docs: $(DEV) ## Build the docs into build/docs; runs the notebooks
	@$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs

clean: ## Remove the virtual environments and every cache
	@rm -rf $(VENV) $(ENGINES_VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage site build dist

lock: ## Solve the dependencies anew and write requirements/*.txt
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --extra datamanager --group build -o requirements/runtime.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --extra all --group dev -c requirements/runtime.txt -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --extra datamanager --extra warehouse --group engines -o requirements/engines.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "convbridge needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing convbridge into $(VENV) (once; a minute or two) ..."
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "Installing the test tools into $(VENV) (once; two or three minutes) ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(SYSTEM): tests/system_packages.sh $(DEV)
	@sh tests/system_packages.sh
	@touch $@

$(ENGINES): requirements/engines.txt pyproject.toml
	@test -x $(ENGINES_VENV)/bin/python || $(PYTHON) -m venv $(ENGINES_VENV)
	@echo "Installing Airflow, Dagster and Spark into $(ENGINES_VENV) (once; two to five minutes) ..."
	@$(ENGINES_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/engines.txt
	@$(ENGINES_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
