# Every target works on a fresh clone with nothing but Python (3.11 or later), pip and make:
# what a target needs is installed into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO := fixtures/systems/opentelemetry-demo.archlint.yaml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all lint schemas bench clean

help: ## show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: $(VENV)/.run ## lint a real system, then explain one check
	@# Exit code 1 means findings, which is what a demonstration is for; anything above is a failure.
	$(BIN)/archlint check $(DEMO) --show-unknown || test $$? -eq 1
	$(BIN)/archlint explain LAW120

test: lint ## lint, then the tests but the slow ones
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

test-all: lint ## lint, then every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.dev ## style, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

schemas: $(VENV)/.dev ## regenerate from the models: schemas/, archlint/manifest/compiled.py
	$(BIN)/python tools/schemas.py

bench: $(VENV)/.dev ## measure against other tools; BENCH=--check fails where an aim is missed
	$(BIN)/python -m benchmarks.run $(BENCH)

clean: ## remove the environment and all caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Some distributions ship Python without ensurepip; the pip that the machine has then fills the environment.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("archlint needs Python 3.11 or later") if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv $(VENV) || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --quiet --python $(BIN)/python install pip; }

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(PIP) install --editable ".[dev]"
	@touch $@ $(VENV)/.run
