# CASA Registry. `make help` lists what there is. Only Python >= 3.11, git and make are needed; uv is used where it is on PATH.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
export PYTHON
# Compiled modules are kept: half the time of every command and of each process a test starts.
export PYTHONDONTWRITEBYTECODE :=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## make the environment (.venv), so that .venv/bin/casa is the command; quick when it is there
	@.ci/setup run

demo: ## set up, fill an embedded database with the demo world, sync a partner's feed, serve http://127.0.0.1:8000
	@.ci/setup run && exec $(BIN)/casa demo

demo-federation: ## two registries that follow each other, on http://127.0.0.1:8000 and :8002
	@.ci/setup run && exec $(BIN)/casa demo-federation

test: ## set up and run every test: unit, both database engines, end to end in Chromium; T=ledger: one concept's files only
	@.ci/setup dev && .ci/browser && case "$(T)" in \
	"") exec $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(PYTEST) ;; \
	*) files=$$(find tests -name "test_*$(T)*.py" | sort); \
	   [ -n "$$files" ] || { echo "make: no test file is named *$(T)*" >&2; exit 1; }; \
	   exec $(BIN)/python -m pytest -q $(PYTEST) $$files ;; \
	esac

durations: ## run every test and write anew how long each file takes (tests/durations.json): the longest begin first
	@.ci/setup dev && .ci/browser && { $(BIN)/python -m pytest -q --numprocesses auto --dist loadfile --no-loadscope-reorder --junitxml=.durations.xml $(PYTEST); \
	   $(BIN)/python -m tests.support.durations .durations.xml; rm -f .durations.xml; }

check: ## style, types, floors, migrations, translations, docs
	@.ci/setup dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy & types=$$!; $(BIN)/python -m pytest -q -p no:cacheprovider tests/house; tests=$$?; wait $$types && exit $$tests

bench: ## figures: ours, the limit's in the same run, and their ratio
	@.ci/setup dev && exec $(BIN)/python -m benchmarks $(BENCH)

evaluate: ## how well the ranking agrees with funders (made up), and how well screening finds names (CASA_REAL_DATA)
	@.ci/setup dev && $(BIN)/python -m benchmarks.evaluate && exec $(BIN)/python -m benchmarks.screening

experiments: ## what must hold when things break: processes killed at random instants (takes minutes)
	@.ci/setup dev && exec $(BIN)/python -m benchmarks.experiments $(EXPERIMENTS)

messages: ## extract the pages' messages anew into registry/translations
	@.ci/setup dev && exec $(BIN)/python -m registry.web.messages

docs: ## write the generated tables of docs/ anew (settings, events, commands, routes)
	@.ci/setup dev && exec $(BIN)/python docs/generate.py

lock: ## resolve the dependencies anew into the hashed locks
	@.ci/setup dev
	@$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes --upgrade --extra pg --extra pdf --group build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes --upgrade --extra pg --extra pdf --group build --group dev pyproject.toml -o requirements-dev.lock

clean: ## remove the environment and the demo's data
	rm -rf .venv var

.PHONY: help setup demo demo-federation test durations check bench evaluate experiments messages docs lock clean
