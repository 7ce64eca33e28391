# make demo | test | lint | bench | races | faults | storm | prove | screenshots | wheel | clean: each does its own set-up in .venv.
# PYTHON=/path/to/python3.x chooses the interpreter; without it the newest suitable one in PATH is taken.
SHELL := /bin/bash
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench races faults storm prove screenshots wheel venv clean

demo: venv
	@exec $(BIN)/tuiconsole demo

# What loads the machine alone; real clusters, two at a time, as they wait more than they compute, and a node that is
# starved loses its lease; then the rest. A file stays with one worker, the long ones first.
LIVE_WORKERS ?= 2
WORKERS ?= 3
test: venv
	@status=0; test="$(BIN)/python -m pytest -q --dist loadfile --no-loadscope-reorder"; \
	$$test -m "alone and not faults" || status=1; \
	$$test -m "live and not alone and not faults" --numprocesses $(LIVE_WORKERS) || status=1; \
	$$test -m "not live and not alone and not faults" --numprocesses $(WORKERS) || status=1; \
	exit $$status

# All four are run, so that one run names all that is wrong.
lint: venv
	@status=0; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/mypy || status=1; \
	$(BIN)/lint-imports --no-logo || status=1; \
	exit $$status

bench: venv
	@exec $(BIN)/python -m benchmarks

# The simulations at length, on all cores: more than an hour on two.
PROVE_SEEDS ?= 10000
PROVE_CASES ?= 100000
prove: venv
	@$(BIN)/python -m tests.planning.reference 0-$(PROVE_CASES)
	@$(BIN)/python -m tests.coordination.simulation 0-$(PROVE_SEEDS)
	@$(BIN)/python -m tests.simulation 0-$(PROVE_SEEDS)
	@$(BIN)/python -m tests.simulation.disks
	@exec $(BIN)/python -m pytest -q tests/coordination/simulation tests/simulation

# Two consoles start the same item, RACES times; another RACES_SEED is another set of them.
RACES ?= 500
RACES_SEED ?= 1
races: venv
	@SCEN2_WAIT=0 exec $(BIN)/python -m pytest -q tests/live/test_races.py --races $(RACES) --races-seed $(RACES_SEED)

# Root, for network namespaces. FAULTS_SECONDS (120) and FAULTS_SEED choose the random part, ENGINE=etcd the engine.
ENGINE ?= embedded
faults: venv
	@FAULTS_ENGINE=$(ENGINE) exec $(BIN)/python -m pytest -q -s -m faults tests/faults

# Faults at random for MINUTES, added to what RESULTS has from earlier runs; the report is beside it, as HTML.
MINUTES ?= 10
RESULTS ?= faults.jsonl
storm: venv
	@exec $(BIN)/python -m tests.faults --minutes $(MINUTES) --engine $(ENGINE) --results $(RESULTS)

screenshots: venv
	@exec $(BIN)/python -m screenshots.take

wheel: venv
	@exec $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

venv:
	@packaging/make-venv $(VENV) "$(PYTHON)"

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
