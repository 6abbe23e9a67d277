# Two commands do everything on a fresh machine with Python 3.11, git and make: `make demo` and `make test`.
VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
UV     := $(BIN)/uv
LOCK   := $(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := install
.PHONY: install demo serve test test-long check format bench lock

install: $(VENV)/.installed

# uv itself comes first, by pip, under the hashes that the lock file gives it.
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	awk '/^[^ ]/ {on = /^uv==/} on' requirements.lock > $(VENV)/uv.requirements.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.requirements.txt
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

demo: install
	$(BIN)/python deploy/demo/run.py $(DEMO)

serve: install
	$(BIN)/ringfence serve

test: install
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# What takes longer: 100 kills, and many more planted values from fresh seeds; about ten minutes.
test-long: install
	RINGFENCE_TEST_EXAMPLES=100 $(BIN)/python -m pytest tests/attacks/test_crashes.py $(ARGS)
	RINGFENCE_TEST_EXAMPLES=10000 $(BIN)/python -m pytest tests/properties $(ARGS)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ringfence policy lint policies

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install
	$(BIN)/python tests/bench/run.py $(ARGS)

# The root's lock is for developers; the one in deploy/ holds what ships.
lock: install
	$(LOCK) --extra local --group dev -o requirements.lock
	$(LOCK) -o deploy/requirements.lock
