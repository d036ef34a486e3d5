# Two commands matter: `make run` (the platform with its demonstration school) and `make test`. Everything is installed into .venv by itself.
#   make run   [ARGS="--world phong-dong --detach"]   embedded engines: needs Python 3.11+ and nothing else
#   make up    [ARGS=...]                             the same on Kafka and Keycloak: needs Java 17+ and Maven besides
#   make test  [ARGS="-k learner"]                    every test; CI=true makes a missing engine a failure instead of a skip
#   make check                                        formatting, lints, types, import contracts, house rules, contract drift
#   make bench [ONLY=name]                            ratios against reference implementations, also in build/bench.json
#   make clean                                        removes what make has made; data/ stays

.DEFAULT_GOAL := help
.PHONY: help install run up test check bench clean
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
ARGS ?=
ONLY ?=
# Tests wait for engines as much as they compute; 0 runs them one after the other.
WORKERS ?= 2
SOURCES := libs services gateway stack deploy tests

# The first interpreter that is new enough and can make virtual environments; PYTHON=... chooses another one.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python3.14; do \
	if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo "$$name"; break; fi; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed -n '1,7p'

# Two stamps, written last: an interrupted installation is simply done again, a finished one costs nothing.
install: $(VENV)/.installed

$(VENV)/.locked: requirements.lock
	@if [ -z "$(PYTHON)" ]; then \
		echo "Liên Thông needs Python 3.11 or newer with the venv module (on Debian: apt install python3-venv). Found none." >&2; \
		echo "Cần Python 3.11 trở lên kèm mô-đun venv (trên Debian: apt install python3-venv)." >&2; exit 1; fi
	@echo "Installing into $(VENV) with $(PYTHON): every package pinned by hash, a few minutes the first time ..."
	@$(PY) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: install
	@$(BIN)/lienthong run $(ARGS)

up: install
	@$(BIN)/lienthong up $(ARGS)

test: install
	@$(PY) -m pytest -m "not bench" -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

# Every step runs, so that one round shows everything there is to mend.
check: install
	@failed=0; step() { echo "== $$1"; shift; "$$@" || failed=1; }; \
	step "ruff" $(BIN)/ruff check --quiet $(SOURCES); \
	step "ruff format" $(BIN)/ruff format --check --quiet $(SOURCES); \
	step "mypy" $(BIN)/mypy --no-error-summary; \
	step "import contracts" $(BIN)/lint-imports --no-logo; \
	step "house rules" $(PY) -m tests.house; \
	step "contracts" $(PY) -m tests.house.contracts; \
	exit $$failed

bench: install
	@$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY))

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +
