# Each target sets itself up on a fresh machine; nothing has to be installed by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m mailweekly

.PHONY: demo test check bench million soak hooks faults endurance lock clean help
help:
	@echo "make demo   the whole line on the sample issue and list, into a local outbox"
	@echo "make test   every test this machine can run; the last lines name what it cannot"
	@echo "make check  style, types, layers, house rules: seconds"
	@echo "make bench  speeds as ratios, and the figures the project promises"
	@echo "make million  a list of 1,000,000 readers, sent: seconds and memory (half an hour)"
	@echo "make faults each fault of the matrix, made and looked at (half an hour); FAULTS='F3 F19' for some"
	@echo "make hooks  100,000 webhook reports, the server killed in between: none is lost (minutes)"
	@echo "make endurance  the preview for a long day: 10,000 reloads, 1,000 saves (at most 25 minutes)"
	@echo "make soak   a large send killed again and again (30 minutes)"

$(VENV)/.run: requirements.lock pyproject.toml
	@tools/set-up run "$(PYTHON)" $(VENV)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	@tools/set-up dev "$(PYTHON)" $(VENV)
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	@$(RUN) demo

test: $(VENV)/.dev
	@tools/system-packages || true
	@tools/run-tests

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/test_house.py

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# READERS and STOP (after so many messages) make it shorter.
million: $(VENV)/.dev
	$(BIN)/python -m bench.million $${READERS:-1000000} $${STOP:-0}

# Kills a large send again and again, for SOAK_S seconds; MAILWEEKLY_SEED repeats a run.
soak: $(VENV)/.dev
	MAILWEEKLY_SOAK=$${SOAK_S:-1800} $(BIN)/python -m pytest -s tests/system/test_kill.py -k soak
	MAILWEEKLY_SOAK=$${SOAK_S:-1800} $(BIN)/python -m pytest -s tests/contract/test_pacing.py -k several

# 100,000 reports of a mail provider to a server that is killed again and again; HOOKS makes it shorter, AT_ONCE puts several into a request.
hooks: $(VENV)/.dev
	MAILWEEKLY_HOOKS=$${HOOKS:-100000} MAILWEEKLY_HOOKS_AT_ONCE=$${AT_ONCE:-1} $(BIN)/python -m pytest -s tests/system/test_hooks.py -k lost

# Pages, saves, hostile issues, streams and a killed renderer, and what the preview holds before and after; MAILWEEKLY_SEED repeats a run.
endurance: $(VENV)/.dev
	MAILWEEKLY_ENDURE=full $(BIN)/python -m pytest -s tests/system/test_studio_endures.py

# Every row of tests/faults/matrix.toml at its full length; MAILWEEKLY_SEED repeats a run.
faults: $(VENV)/.dev
	@tools/system-packages || true
	@MAILWEEKLY_FAULTS=full $(BIN)/python -m tests.faults $(FAULTS)

# Versions and hashes, and nothing of where they came from.
lock:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .venv-bench out dist build
