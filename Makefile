# The one way to run, test and check this project. `make` alone lists what there is.

PYTHON ?= python3
BIN := .venv/bin
export KYUFU_HOME PORT

# what is checked, and where templates are
PACKAGES := config benefits accounts mynumber audit
TEMPLATES := $(shell find templates -name '*.html' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run test check bench bench-quick fix lock

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: ## Install, prepare and serve the demo office on http://127.0.0.1:8000 (PORT=…, KYUFU_HOME=…)
	@$(PYTHON) -m config.office.install run --home "$(KYUFU_HOME)"
	@exec $(BIN)/python manage.py start

test: ## Run every test, with a real PostgreSQL and a real browser
	@$(PYTHON) -m config.office.install test --home "$(KYUFU_HOME)"
	@exec $(BIN)/python -m pytest -n 2

check: ## Format, lint, types, architecture, templates, deployment settings, migrations
	@$(PYTHON) -m config.office.install check --home "$(KYUFU_HOME)"
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/djhtml --check --tabwidth 2 $(TEMPLATES)
	$(BIN)/python -m config.office.deployment_check

bench: ## Measure everything beside its limit or its peer (docs/bench.md); KYUFU_BENCH_EVENTS=… for the size of the record
	@$(PYTHON) -m config.office.install bench --home "$(KYUFU_HOME)"
	@exec $(BIN)/python -m bench

bench-quick: ## The same with less of everything, in under three minutes
	@$(PYTHON) -m config.office.install bench --home "$(KYUFU_HOME)"
	@exec $(BIN)/python -m bench --quick

fix: ## Put right what can be put right by itself
	@$(PYTHON) -m config.office.install check --home "$(KYUFU_HOME)"
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .
	$(BIN)/djade --target-version 5.2 $(TEMPLATES) || true
	$(BIN)/djhtml --tabwidth 2 $(TEMPLATES)

lock: ## Compile requirements/*.in into hash-locked requirements/*.txt
	cd requirements && for name in base development bench; do \
		../$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 \
			--custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; \
	done
