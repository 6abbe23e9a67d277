VENV := .venv
BIN  := $(VENV)/bin
PYTHON ?= python3
UV   := $(BIN)/uv

install: $(VENV)/.installed

# uv itself comes first, by pip, under the hash that the lock file gives it.
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	awk '/^[^ ]/ {on = /^uv==/} on' requirements.lock > $(VENV)/uv.requirements.txt
	$(BIN)/pip install --quiet --require-hashes -r $(VENV)/uv.requirements.txt
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

lock:
	$(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --extra local --group dev --quiet -o requirements.lock

.PHONY: install lock
