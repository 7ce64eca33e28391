# make demo | test | lint | bench | races | screenshots — each does its own set-up in .venv.
SHELL := /bin/bash
VENV  := .venv
PY    := $(VENV)/bin/python

# The newest python3.x that really runs and can make a virtual environment; override with PYTHON=.
PYTHON ?= $(shell for v in 3.14 3.13 3.12 3.11 3.10 3; do p=$$(command -v python$$v) || continue; \
  "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

.PHONY: demo test lint bench races screenshots wheel clean

define need_python
	@if [ -z "$(PYTHON)" ]; then \
	  echo "make: no Python 3.10 or newer with the venv module was found." >&2; \
	  echo "  Debian, Ubuntu: apt-get install python3 python3-venv   (RHEL 9: dnf install python3.11)" >&2; \
	  echo "  or name one: make PYTHON=/path/to/python3.x $(MAKECMDGOALS)" >&2; exit 1; fi
endef

$(VENV)/.installed: pyproject.toml
	$(need_python)
	@[ -x $(PY) ] || "$(PYTHON)" -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: $(VENV)/.installed
	@$(VENV)/bin/tuiconsole demo

test: $(VENV)/.installed
	@$(PY) -m pytest -q

lint: $(VENV)/.installed
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

bench: $(VENV)/.installed
	@$(PY) -m benchmarks

races: $(VENV)/.installed
	@SCEN2_WAIT=0 $(PY) -m pytest -q tests/live/test_races.py --races 500

screenshots: $(VENV)/.installed
	@$(PY) -m screenshots.take

wheel: $(VENV)/.installed
	@$(PY) -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
