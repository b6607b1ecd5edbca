# make run | test | lint | setup | screenshot | clean.  PYTHON=/path/to/python chooses the interpreter.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXAMPLE ?= benzaldehyde
START := resources/examples/$(EXAMPLE)/start.sdf
REFERENCE := $(wildcard resources/examples/$(EXAMPLE)/reference.sdf)
OUT ?= runs/example
# Everything that is drawn by make test is drawn into memory.
OFFSCREEN := QT_QPA_PLATFORM=offscreen

.PHONY: setup run test lint screenshot clean libraries
.DEFAULT_GOAL := setup

setup: libraries $(READY)

libraries: $(BIN)/python
	@$(BIN)/python scripts/system_libraries.py

$(BIN)/python:
	@python="$$(sh scripts/find_python.sh)" || exit 1; \
	echo "Making $(VENV) with $$python"; "$$python" -m venv $(VENV)

$(READY): pyproject.toml constraints.txt hatch_build.py $(wildcard frontend/ketcher/*) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[train,bench,dev]'
	@touch $@

# Opens the window; without a screen, relaxes the example and writes a page that plays it offline.
run: setup
	@if [ "$$(uname)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
		echo "There is no display (DISPLAY and WAYLAND_DISPLAY are not set):" \
			"relaxing $(START) on the command line instead."; \
		mkdir -p "$$(dirname $(OUT))"; \
		$(BIN)/morered relax $(START) $(REFERENCE:%=--reference %) --output $(OUT).extxyz --html $(OUT).html && \
		echo "Open $(OUT).html in a browser to watch it."; \
	else \
		{ [ "$$(uname)" != Linux ] || $(BIN)/python scripts/system_libraries.py --screen; } && \
		$(BIN)/morered-gui --example $(EXAMPLE); \
	fi

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(OFFSCREEN) $(BIN)/python -m pytest

screenshot: setup
	$(OFFSCREEN) $(BIN)/python scripts/screenshot.py
	$(OFFSCREEN) $(BIN)/python scripts/editor_pictures.py

clean:
	rm -rf $(VENV) build dist runs/example.* .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis morered_gui/assets/3Dmol-* \
		morered_gui/assets/ketcher
