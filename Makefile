# Everything a person or the continuous integration does with the project. Each target does the set-up it needs.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup libraries demo test lint test-slow soak fuzz bench screenshots sample translations

setup: libraries $(STAMP)

libraries:
	@python=$$(.ci/find-python) && "$$python" app/system_libraries.py

# The stamp is made last, so an interrupted set-up starts over.
$(STAMP): pyproject.toml
	@python=$$(.ci/find-python) && { $(BIN)/python -c '' 2>/dev/null || "$$python" -m venv --clear $(VENV); }
	@echo "Installing the Python packages into $(VENV) (one to some minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

# With a display the demo opens its window; without one it writes the same picture to a file.
demo: setup
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	    exec $(BIN)/visavis demo; \
	else \
	    mkdir -p out && exec $(BIN)/visavis demo --headless --seconds 20 --record out/demo.mp4; \
	fi

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/visavis prepare
	$(BIN)/python -m pytest -q -m "not slow and not gpu"

test-slow: setup
	$(BIN)/python -m pytest -q -m "slow and not gpu"

# One call of half an hour in one process: memory, threads, tasks and descriptors. make soak MINUTES=5 is a short one.
MINUTES ?= 30
soak: setup
	VISAVIS_SOAK_MINUTES=$(MINUTES) $(BIN)/python -m pytest -q -s -m slow tests/e2e/test_soak.py

# A million damaged packets and files: a quarter of an hour.
fuzz: setup
	$(BIN)/python -m tests.codec.fuzz 1000000

bench: setup
	$(BIN)/visavis bench render --out out/bench
	$(BIN)/visavis bench rd --out out/bench
	$(BIN)/visavis bench rate --out out/bench
	$(BIN)/visavis bench train --out out/bench
	$(BIN)/visavis bench outage --out out/bench
	$(BIN)/visavis bench video --out out/bench

screenshots: setup
	$(BIN)/python -m app.ui.screenshots docs/screenshots

# The sample portrait: drawn by a script, then enrolled like anyone's clip. Frames 800 on stay unseen, for tests.
sample: setup
	$(BIN)/python assets/make_sample.py
	$(BIN)/visavis enroll --clip assets/sample.mp4 --frames 0:800 --name "Sample portrait" --out assets/sample.visavis

# Texts that are new stay untranslated in the .ts file until somebody writes them there; a test counts them.
translations: setup
	$(BIN)/pyside6-lupdate app/ui/*.py -ts app/ui/translations/visavis_de.ts -locations none -no-obsolete \
	    -source-language en -target-language de
	$(BIN)/pyside6-lrelease app/ui/translations/visavis_de.ts -qm app/ui/translations/visavis_de.qm
