# Two commands do everything on a fresh machine with Python 3.11, git and make: `make demo` and `make test`.
VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
UV     := $(BIN)/uv
LOCK   := $(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := install
.PHONY: install demo serve clients lock-clients test test-bench test-clients test-long fuzz mutate check format bench bench-detection bench-languages bench-conversation bench-policy bench-audit bench-audit-api bench-balancing bench-packs soak schema settings licences audit-packages lock lock-bench e2e-vllm lock-vllm

install: $(VENV)/.installed

# uv itself comes first, by pip, under the hashes that the lock file gives it. Nothing is compiled: all comes as wheels.
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	awk '/^[^ ]/ {on = /^uv==/} on' requirements.lock > $(VENV)/uv.requirements.txt
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r $(VENV)/uv.requirements.txt
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --no-build requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

demo: install
	$(BIN)/python deploy/demo/run.py $(DEMO)

serve: install
	$(BIN)/ringfence serve

# Other people's client libraries, for the tests of them: each is installed beside its lock, and so is the Node for some.
CLIENTS := tests/clients
NODE    := $(CLIENTS)/node/.venv
NPM     := PATH="$(CURDIR)/$(NODE)/bin:$$PATH" npm --no-audit --no-fund --ignore-scripts --loglevel=error

clients: $(patsubst %/requirements.lock,%/.venv/.installed,$(wildcard $(CLIENTS)/*/requirements.lock))
clients: $(patsubst %/package-lock.json,%/node_modules/.installed,$(wildcard $(CLIENTS)/*/package-lock.json))

$(CLIENTS)/%/.venv/.installed: $(CLIENTS)/%/requirements.lock | $(VENV)/.installed
	$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python --require-hashes $<
	touch $@

$(CLIENTS)/%/node_modules/.installed: $(CLIENTS)/%/package-lock.json $(NODE)/.installed
	$(NPM) --prefix $(CLIENTS)/$* ci
	touch $@

lock-clients: $(NODE)/.installed
	for dir in $(patsubst %/requirements.in,%,$(wildcard $(CLIENTS)/*/requirements.in)); do (cd $$dir && \
	  $(CURDIR)/$(UV) pip compile requirements.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --upgrade -o requirements.lock) || exit; done
	for dir in $(patsubst %/package.json,%,$(wildcard $(CLIENTS)/*/package.json)); do \
	  $(NPM) --prefix $$dir update --package-lock-only --omit-lockfile-registry-resolved || exit; done

# A real vLLM behind Ringfence. It is installed into an environment of its own (6 GB, for CPU cores), or VLLM=PATH names a
# Python that has one, such as one with a GPU. Where neither works, it says so and skips. Two minutes on two cores.
E2E_VLLM := tests/e2e/vllm
BENCH    := tests/bench
PEERS    := $(BENCH)/peers

e2e-vllm: install
	$(if $(VLLM),,-$(MAKE) --no-print-directory $(E2E_VLLM)/.venv/.installed)
	RINGFENCE_E2E_VLLM=$(VLLM) $(BIN)/python -m pytest -n 0 $(E2E_VLLM) $(ARGS)

$(E2E_VLLM)/.venv/.installed $(PEERS)/.venv/.installed: %/.venv/.installed: %/requirements.lock | $(VENV)/.installed
	$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python --require-hashes $<
	touch $@

lock-vllm: install
	cd $(E2E_VLLM) && $(CURDIR)/$(UV) pip compile requirements.in --override overrides.txt --python-version 3.11 \
	  --python-platform x86_64-unknown-linux-gnu --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --quiet --upgrade -o requirements.lock

# Tests start hundreds of processes: what these import is compiled once, even where the shell asks to keep nothing.
# Files are taken in the order of the tree: those with few, long tests would otherwise come last, and alone. Three
# processes keep two cores busy: half of the time each waits for a disk or a server.
test: export PYTHONDONTWRITEBYTECODE =
test: install
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder \
	  --ignore=$(CLIENTS) --ignore=$(E2E_VLLM) --ignore=$(BENCH) $(ARGS)

# Each benchmark in short, so that none is broken when it is wanted, and what is said of their figures.
test-bench: export PYTHONDONTWRITEBYTECODE =
test-bench: install
	$(BIN)/python -m pytest -n 2 --dist loadfile $(BENCH) $(ARGS)

# Applications on other people's client libraries, in front of a scripted vendor and of a real model.
test-clients: export PYTHONDONTWRITEBYTECODE =
test-clients: clients
	$(BIN)/python -m pytest -n 2 --dist loadfile $(CLIENTS) $(ARGS)

# What takes longer: 100 kills, 1000 reloads, a fault at every call that changes a file, many more planted values from
# fresh seeds, and what the README shows of demo and detection; more than half an hour.
test-long: install
	RINGFENCE_TEST_EXAMPLES=100 $(BIN)/python -m pytest tests/attacks/test_crashes.py tests/attacks/test_reloads.py \
	  tests/attacks/test_sqlite_faults.py tests/attacks/test_postgres_faults.py tests/attacks/test_backup_faults.py \
	  tests/attacks/test_long_log.py tests/e2e/test_backup.py \
	  tests/audit/witness/test_cli.py tests/e2e/test_many_streams.py tests/contract/test_audit_api.py tests/upgrades \
	  tests/bench/detection/test_run.py tests/bench/detection/test_shown.py tests/test_readme.py $(ARGS)
	RINGFENCE_TEST_EXAMPLES=300 $(BIN)/python -m pytest tests/proxy/policy tests/policies/test_editors.py \
	  tests/policies/test_mutated.py tests/proxy/detection/decoders tests/proxy/detection/ner/test_recogniser.py \
	  tests/proxy/detection/recognizers/ids/test_find.py tests/proxy/detection/recognizers/test_credentials.py $(ARGS)
	RINGFENCE_TEST_EXAMPLES=10000 $(BIN)/python -m pytest tests/properties tests/proxy/detection/test_views.py $(ARGS)

# Hostile texts, workers that are killed, and whatever can be sent to a server: an hour from new seeds, or FUZZ_SECONDS=N.
fuzz: install
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3600) $(BIN)/python -m pytest -s tests/fuzz $(ARGS)

# Small changes of the code that a stranger verifies with: a test has to notice each. Half an hour for 400 of them.
mutate: install
	$(BIN)/python tests/mutation/run.py $(or $(ARGS),--sample 400)

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

# Speed and memory beside a bare proxy, LiteLLM and Presidio; ten minutes. LiteLLM comes from an environment of its own
# (750 MB); where it cannot be installed, the benchmark says so and goes on without.
bench: export PYTHONDONTWRITEBYTECODE =
bench: install
	-$(MAKE) --no-print-directory $(PEERS)/.venv/.installed
	$(BIN)/python tests/bench/run.py $(ARGS)

lock-bench: install
	cd $(PEERS) && $(CURDIR)/$(UV) pip compile requirements.in --exclude-newer "60 days" --python-version 3.11 \
	  --python-platform x86_64-unknown-linux-gnu --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --quiet --upgrade -o requirements.lock

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

# Durable decisions a second on SQLite and PostgreSQL, beside a commit for each; about two minutes. With ARGS=--million:
# how appending and verifying go on as a log grows to a million records; about half an hour.
bench-audit: install
	$(BIN)/python tests/bench/audit_log.py $(ARGS)

# What auditors wait for in a log of a million records, on SQLite and PostgreSQL; about half an hour, most of it writing.
bench-audit-api: install
	$(BIN)/python tests/bench/audit_api.py $(ARGS)

# A pack of evidence: made, verified by its own file, verified in Chromium; ARGS="--records 1000000" takes ten minutes.
bench-packs: install
	$(BIN)/python tests/bench/packs.py $(ARGS)

# Least-busy against round robin, over four model servers of unequal speed; about a minute.
bench-balancing: install
	$(BIN)/python tests/bench/balancing.py $(ARGS)

# Half an hour of mixed traffic at a fixed rate: memory, descriptors, p99, and a log that verifies.
soak: install
	$(BIN)/python tests/bench/soak.py $(ARGS)

# What editors know of policy files, from the vocabulary in the code.
schema: install
	$(BIN)/ringfence policy schema > policies/schema.json

# Every setting with its consequence, from the code.
settings: install
	$(BIN)/python -m proxy.settings_reference > deploy/docs/settings.md

# What ships, and under which licence, from what is installed; refuses what is not on its list of licences.
licences: install
	$(BIN)/python deploy/licences.py deploy/requirements.lock > licences.new && mv licences.new deploy/licences.csv

# What the index and OSV's advisories know of what ships. Fails for what is bad, and where one of them cannot be asked.
audit-packages: install
	$(BIN)/python deploy/audit_packages.py deploy/requirements.lock $(ARGS)

# The root's lock is for developers; the one in deploy/ holds what ships.
lock: install
	$(LOCK) --extra local --extra anchors --group dev -o requirements.lock
	$(LOCK) --extra anchors -o deploy/requirements.lock
