# Two commands are all one needs: `make run` and `make test`. They do their own set-up.
# Python 3.11 or newer is looked for under the usual names; PYTHON=... names another one.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11 python; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo $$each; break; }; done)
VENV := .venv
RUN := $(VENV)/bin/python
PARALLEL := -n logical --dist loadgroup

.PHONY: run test near check format texts docs bench soak pictures emulator playground accessible block-kit lock clean

run: $(VENV)/.run
	@$(RUN) -m bot $(ARGS)

# On all cores; the slowest tests are printed.
test: $(VENV)/.test
	$(RUN) -m pytest -q $(PARALLEL) --durations=10 --durations-min=2 $(ARGS)

# The tests of the rooms that changed against main, and the rules of the house.
near: $(VENV)/.test
	@near="$$($(RUN) -m tests.near $(or $(BASE),main))" && set -x && \
		$(RUN) -m pytest -q $(PARALLEL) $$near $(ARGS)

check: $(VENV)/.test
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

format: $(VENV)/.test
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

texts: $(VENV)/.test
	$(RUN) -m bot.generate.texts

docs: $(VENV)/.run
	$(RUN) -m bot docs

# ARGS=--smoke only shows that every benchmark runs; ARGS="road search" measures only these.
bench: $(VENV)/.test
	$(RUN) -m benchmarks $(ARGS)

# The same with numbers that are too large for every run, one proof after the other, and what
# they came to: hard ends of one and of several processes, cuts, rolling updates, hours without a
# platform, a weekend without an answer, slow connections, forged requests, lives of somebody who
# is erased, stories of the state machine. ARGS=--smoke takes few, ARGS="--only slow" one of them,
# ARGS=--write keeps the totals.
soak: $(VENV)/.test
	$(RUN) -m tests.nightly $(ARGS)

# Every card and form as Slack and Teams show them, in shots/. Needs Node, npm and Chromium.
pictures: $(VENV)/.test tools/slack/node_modules/.installed tools/teams/node_modules/.installed
	$(RUN) -m tests.pictures

# A Web API of Slack for tests/slack/test_emulator.py (Linux on x64). Needs npm.
emulator: tools/slack-emulator/node_modules/.installed

# A client of Teams for tests/teams/test_playground.py, under terms of Microsoft's. Needs npm.
playground: tools/playground/node_modules/.installed

# A checker of accessibility for tests/local/test_page_accessible.py. Needs npm.
accessible: tools/page/node_modules/.installed

# The schema that the tests hold every message against, made from Slack's own types.
block-kit: tools/slack/node_modules/.installed
	node tools/slack/schema.mjs > tests/data/block_kit.schema.new
	mv tests/data/block_kit.schema.new tests/data/block_kit.schema.json
	cp tools/slack/node_modules/@slack/types/LICENSE tests/data/block_kit.LICENSE

tools/%/node_modules/.installed: tools/%/package.json
	cd tools/$* && npm install --loglevel=error
	@touch $@

# The locks hold versions and hashes, no addresses.
lock: $(VENV)/.test
	$(RUN) -m pip install -q uv
	$(VENV)/bin/uv pip compile -q pyproject.toml --universal --generate-hashes --no-header \
		--python-version 3.11 -o requirements.lock
	$(VENV)/bin/uv pip compile -q pyproject.toml --extra mail --extra meaning --extra pictures --extra postgres --group dev \
		--universal --generate-hashes --no-header --python-version 3.11 -c requirements.lock \
		-o requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Lotse needs Python 3.11 or newer."; exit 1; }
	@echo "Setting up in $(VENV) (once; takes about half a minute) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	@$(RUN) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.test: requirements-dev.lock requirements.lock | $(VENV)/bin/python
	@$(RUN) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $(VENV)/.run $@
