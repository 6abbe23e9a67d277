# Two commands do everything on a fresh machine with Python 3.11, git and make: `make demo` and `make test`.
VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
UV     := $(BIN)/uv
LOCK   := $(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := install
.PHONY: install demo serve test test-long fuzz check format bench bench-detection bench-languages bench-conversation bench-policy bench-audit soak schema lock

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

# What takes longer: 100 kills, 1000 reloads, and many more planted values from fresh seeds; about ten minutes.
test-long: install
	RINGFENCE_TEST_EXAMPLES=100 $(BIN)/python -m pytest tests/attacks/test_crashes.py tests/attacks/test_reloads.py \
	  tests/attacks/test_postgres_faults.py tests/audit/witness/test_cli.py $(ARGS)
	RINGFENCE_TEST_EXAMPLES=10000 $(BIN)/python -m pytest tests/properties $(ARGS)

# Hostile texts and workers that are killed, from new seeds: an hour of them, or FUZZ_SECONDS=N.
fuzz: install
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3600) $(BIN)/python -m pytest tests/fuzz $(ARGS)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ringfence policy lint policies
	$(BIN)/ringfence policy test policies --detect --min-coverage 100

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install
	$(BIN)/python tests/bench/run.py $(ARGS)

# Detection beside stock Presidio; DATA=DIR measures on other data.
bench-detection: install
	$(BIN)/python tests/bench/detection/run.py $(if $(DATA),--data $(DATA)) $(ARGS)

# Names in 26 languages, beside stock Presidio.
bench-languages: install
	$(BIN)/python tests/bench/detection/languages/run.py $(ARGS)

bench-conversation: install
	$(BIN)/python tests/bench/conversation.py $(ARGS)

# Deciding, proving, comparing and replaying as policies grow; about a minute.
bench-policy: install
	$(BIN)/python tests/bench/policy.py $(ARGS)

# Durable decisions a second on SQLite and PostgreSQL, beside a commit for each; about two minutes.
bench-audit: install
	$(BIN)/python tests/bench/audit_log.py $(ARGS)

# Memory over 100,000 mixed requests; about twenty minutes on two cores.
soak: install
	$(BIN)/python tests/bench/soak.py $(ARGS)

# What editors know of policy files, from the vocabulary in the code.
schema: install
	$(BIN)/ringfence policy schema > policies/schema.json

# The root's lock is for developers; the one in deploy/ holds what ships.
lock: install
	$(LOCK) --extra local --group dev -o requirements.lock
	$(LOCK) -o deploy/requirements.lock
