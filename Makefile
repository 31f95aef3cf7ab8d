# Signalbox. `make` alone prints what there is.

.DEFAULT_GOAL := help
.PHONY: help up test check bench routes clean system-packages python
SHELL := /bin/sh

VENV := .venv
PYTHON := $(VENV)/bin/python
PREFECT := .venvs/prefect-3.8
PREFECT_2 := .venvs/prefect-2.20
INTEGRATIONS := .venvs/prefect-3.8-integrations
# The slowest first, so that no process ends long after the other; the browser's last, for Playwright leaves an event loop
# running in its process, in which `asyncio.run` of another test fails.
TIERS := chaos contract services api sockets sql pages house unit browser
# make test ARGS="-k retry -x"
ARGS ?=
# Processes that run file by file, each with servers of its own; 0 is this one
WORKERS ?= 2

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

up: $(VENV)/.installed ## set everything up and run Signalbox on this machine (Ctrl-C stops it)
	@$(PYTHON) manage.py up

test: system-packages $(VENV)/.installed-test $(PREFECT)/.installed $(PREFECT_2)/.installed $(INTEGRATIONS)/.installed ## every test, with real servers, a real Prefect and a browser
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(wildcard $(addprefix tests/,$(TIERS))) $(ARGS)

check: $(VENV)/.installed-test ## style, types, import contracts, migrations, house and unit tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m pytest -q $(wildcard tests/house tests/unit) $(ARGS)

bench: $(VENV)/.installed-test ## the budgets of docs/hot_paths.md, measured
	$(PYTHON) -m pytest -s tests/bench $(ARGS)

routes: $(VENV)/.installed ## every door: method, path, permission, function
	@$(PYTHON) manage.py routes

clean: ## remove the environments and caches; the data in .data stay
	rm -rf $(VENV) .venvs .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments -----------------------------------------------------------------------------------------------------
# A stamp file beside each says for which pyproject.toml and constraints.txt it was filled, so a second run does nothing.

# The dependencies named in pyproject.toml, without building the project: it runs from this folder.
REQUIREMENTS = import sys, tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	print(*project["dependencies"], *(r for extra in sys.argv[1:] for r in project["optional-dependencies"][extra]), sep="\n")
PIP = -m pip --disable-pip-version-check --no-input

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory python TARGET=$(VENV)
	@echo "Installing the dependencies into $(VENV) (a minute or two, the first time) ..."
	@$(PYTHON) -c '$(REQUIREMENTS)' embedded > $(VENV)/requirements.txt
	@$(PYTHON) $(PIP) install -c constraints.txt -r $(VENV)/requirements.txt
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing the test tools into $(VENV) ..."
	@$(PYTHON) -c '$(REQUIREMENTS)' embedded test > $(VENV)/requirements-test.txt
	@$(PYTHON) $(PIP) install -c constraints.txt -r $(VENV)/requirements-test.txt
	@touch $@

$(PREFECT)/.installed: tests/contract/constraints-prefect-3.8.txt
	@$(MAKE) --no-print-directory python TARGET=$(PREFECT)
	@echo "Installing a real Prefect 3.8 into $(PREFECT) (a minute or two, the first time) ..."
	@$(PREFECT)/bin/python $(PIP) install -r tests/contract/constraints-prefect-3.8.txt
	@touch $@

$(PREFECT_2)/.installed: tests/contract/constraints-prefect-2.20.txt
	@$(MAKE) --no-print-directory python TARGET=$(PREFECT_2)
	@echo "Installing a real Prefect 2.20 into $(PREFECT_2) (a minute or two, the first time) ..."
	@$(PREFECT_2)/bin/python $(PIP) install -r tests/contract/constraints-prefect-2.20.txt
	@touch $@

# What is in the client's environment is seen from this one, so only the packages themselves are installed.
$(INTEGRATIONS)/.installed: tests/contract/constraints-integrations.txt $(PREFECT)/.installed
	@$(MAKE) --no-print-directory python TARGET=$(INTEGRATIONS)
	@echo "Installing Prefect's integration packages into $(INTEGRATIONS) ..."
	@$(PREFECT)/bin/python -c 'import site; print(site.getsitepackages()[0])' > \
		"$$($(INTEGRATIONS)/bin/python -c 'import site; print(site.getsitepackages()[0])')/prefect-3.8.pth"
	@$(INTEGRATIONS)/bin/python $(PIP) install --no-deps -r tests/contract/constraints-integrations.txt
	@touch $@

# Make the virtual environment TARGET with the first Python 3.11 or newer there is, or say what is missing.
python:
	@if [ -x $(TARGET)/bin/python ] && $(TARGET)/bin/python -c 'import pip' 2>/dev/null; then exit 0; fi; \
	for candidate in python3.11 python3 python3.12 python3.13; do \
		command -v $$candidate > /dev/null 2>&1 || continue; \
		$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || continue; \
		if ! $$candidate -c 'import ensurepip, venv' 2> /dev/null; then \
			echo "$$candidate cannot make virtual environments: its venv package is missing." >&2; \
			echo "On Debian and Ubuntu:  apt-get install $$($$candidate -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; \
			exit 1; \
		fi; \
		echo "Making $(TARGET) with $$candidate ..."; \
		exec $$candidate -m venv $(TARGET); \
	done; \
	echo "Signalbox needs Python 3.11 or newer, and there is none on the PATH." >&2; \
	echo "On Debian 12 or Ubuntu 24.04:  apt-get install python3 python3-venv" >&2; \
	exit 1

system-packages:
	@.ci/system-packages
