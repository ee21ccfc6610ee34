# Everything a developer needs. The first target is what `make` alone shows.
.PHONY: help setup demo test check form lint types layers texts format clean
.DEFAULT_GOAL := help

BIN := .venv/bin
# Checks read the settings of the product; they must not make an installation for that.
CHECK_ENV := PEILIAN_SECRET_KEY=only-for-checks

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: ## make .venv ready (PYTHON=python3.12 chooses the interpreter)
	@scripts/setup.sh

demo: setup ## a company with invented data, served on this machine (PORT=8000)
	@$(BIN)/peilian demo --port $(or $(PORT),8000)

test: setup ## every test: units, pages, databases, browser
	@scripts/system_packages.sh
	@scripts/test.sh

check: setup ## form, faults, types, layers, translations; one that fails does not hide the others
	@$(MAKE) --no-print-directory --keep-going form lint types layers texts

form:
	$(BIN)/ruff format --check --quiet .

lint:
	$(BIN)/ruff check --quiet .

types:
	$(CHECK_ENV) $(BIN)/mypy --strict

layers:
	PYTHONPATH=tests $(BIN)/lint-imports --no-logo

texts:
	$(CHECK_ENV) $(BIN)/python -m peilian.web.shell.messages check

format: setup ## bring the code into form
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

pictures: setup ## the pictures of the README, from a demo that runs (PORT=8000)
	@$(BIN)/python scripts/pictures.py --url http://127.0.0.1:$(or $(PORT),8000)

clean: ## remove what can be made again; keeps .venv and the data in var/
	rm -rf build dist screenshots .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache src/*.egg-info
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
