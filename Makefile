# The two commands that matter: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed-dev
# What the tests need contains what running needs.
RUNNABLE := $(or $(wildcard $(INSTALLED)),$(VENV)/installed-local)
PROVIDER := .venv-provider

.PHONY: run test check bench fuzz demo-finland document requirements

run: $(RUNNABLE)
	@exec $(BIN)/python -m app.local.run

# Ten times the demo data into the sandbox's database, in place of what is there.
demo-finland: $(RUNNABLE)
	@exec $(BIN)/python -m app.local.run demo-finland

test: check $(PROVIDER)/installed
	$(BIN)/python -m pytest -n 2

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/installed-%: requirements/%.txt
	@echo "Installing the packages of $< into $(VENV): some minutes, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# The sign-in provider that the tests start, with libraries of its own: the service has no part in them.
$(PROVIDER)/installed: requirements/provider.txt
	$(PYTHON) -m venv $(PROVIDER)
	$(PROVIDER)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/provider.txt
	touch $@

# Compiles the pinned, hashed requirements anew from pyproject.toml.
UV_COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
requirements: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.11.15
	$(BIN)/$(UV_COMPILE) pyproject.toml -o requirements/service.txt
	$(BIN)/$(UV_COMPILE) pyproject.toml --extra local -c requirements/service.txt -o requirements/local.txt
	$(BIN)/$(UV_COMPILE) pyproject.toml --extra local --group dev -c requirements/local.txt -o requirements/dev.txt
	$(BIN)/$(UV_COMPILE) --group provider -o requirements/provider.txt

bench: $(INSTALLED)
	$(BIN)/python -m bench

# Lets the tests that look for surprises look for long.
fuzz: $(INSTALLED)
	HYPOTHESIS_PROFILE=long SCHEMATHESIS=--max-examples=200 $(BIN)/python -m pytest -n 2 \
		tests/api/hours/test_hours_machine.py tests/openapi/test_fuzzing.py tests/api/sandbox/test_fuzzing.py

# Writes openapi/openapi.json anew: the served document, without the sandbox.
document: $(INSTALLED)
	$(BIN)/python -m openapi
