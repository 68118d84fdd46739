# The two commands that matter: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed-dev
# What the tests need contains what running needs.
RUNNABLE := $(or $(wildcard $(INSTALLED)),$(VENV)/installed-local)
PROVIDER := .venv-provider
# Tests that start programs of npm are skipped where there is no npm, or no way to its registry.
NODE := $(if $(shell command -v npm),tests/node/node_modules)
# Each worker begins with a half of the tests and takes over what the other has left.
PYTEST := -m pytest -n 2 --dist worksteal --durations=10
# From 3.12 on Python counts lines itself, at almost no cost; the older way takes a fifth of the tests' processor time.
COUNTING := $(shell $(PYTHON) -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')

.PHONY: help run test check quick bench fuzz certificates restore-drill demo-finland answers document requirements hooks audit

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUNNABLE) ## run the service with demo data on its own PostgreSQL
	@exec $(BIN)/python -m app.local.run

demo-finland: $(RUNNABLE) ## replace the demo data by ten times as many
	@exec $(BIN)/python -m app.local.run demo-finland

test: export COVERAGE_CORE := $(COUNTING)
test: check $(PROVIDER)/installed $(NODE) ## run the checks and all tests, and measure the coverage
	@$(BIN)/coverage erase
	$(BIN)/coverage run $(PYTEST)
	@$(BIN)/coverage combine --quiet
	@printf 'Lines of app that ran, in per cent: '
	@$(BIN)/coverage report --format=total

check: $(INSTALLED) ## check format, lint, types, imports and declared packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

quick: check ## run the checks, the rules and one area of the API, in about 90 seconds, the first time longer
	$(BIN)/python $(PYTEST) -m "not long" tests/domain tests/texts tests/api/hours

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

tests/node/node_modules: tests/node/package-lock.json
	cd tests/node && npm ci --ignore-scripts --no-progress --silent && touch node_modules || echo "npm installed nothing" >&2

UV_COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
requirements: $(INSTALLED) ## compile the pinned, hashed requirements from pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.11.15
	$(BIN)/$(UV_COMPILE) pyproject.toml -o requirements/service.txt
	$(BIN)/$(UV_COMPILE) pyproject.toml --extra local -c requirements/service.txt -o requirements/local.txt
	$(BIN)/$(UV_COMPILE) pyproject.toml --extra local --group dev -c requirements/local.txt -o requirements/dev.txt
	$(BIN)/$(UV_COMPILE) --group provider -o requirements/provider.txt

answers: $(INSTALLED) ## write the responses of the examples in the API document, and README's pictures
	WRITE_ANSWERS=1 $(BIN)/python -m pytest -q tests/openapi/test_examples.py tests/pictures

bench: $(INSTALLED) ## measure against the floor (bench/README.md); OPTIONS=--quick for daily use
	$(BIN)/python -m bench $(OPTIONS)

fuzz: $(INSTALLED) ## let the tests that look for surprises run for long
	HYPOTHESIS_PROFILE=long SCHEMATHESIS=--max-examples=200 $(BIN)/python $(PYTEST) \
		tests/api/hours/test_hours_machine.py tests/api/trainings/test_trainings_machine.py \
		tests/openapi/test_fuzzing.py tests/sandbox/test_fuzzing.py

certificates: $(INSTALLED) ## make 1,000 certificates with the worker killed midway, and say how long it takes
	CERTIFICATES=1000 $(BIN)/python $(PYTEST) -s tests/api/trainings/test_certificate_batches.py

restore-drill: $(INSTALLED) ## lose a database under load, and restore it from its backup and archive
	$(BIN)/python -m tests.restore_drill

document: $(INSTALLED) ## write openapi/openapi.json
	$(BIN)/python -m openapi

hooks: $(INSTALLED) ## check each commit before it is made
	$(BIN)/pre-commit install

audit: $(INSTALLED) ## look for known vulnerabilities of the service's packages
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@if $(BIN)/pip-audit --vulnerability-service osv --disable-pip --require-hashes --progress-spinner off \
		--requirement requirements/local.txt >$(VENV)/audit.txt 2>&1; then \
		tail -1 $(VENV)/audit.txt; \
	elif grep -q ConnectionError $(VENV)/audit.txt; then \
		echo "The database of vulnerabilities is not reachable from here: skipped."; \
	else \
		cat $(VENV)/audit.txt; exit 1; \
	fi
