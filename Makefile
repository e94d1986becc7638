# A bare machine needs Python 3.11, make and git; all else goes into .venv, by hash.
PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test unit check proof lock screenshots golden bench bench-memory clean

demo: $(READY) ## the main job, from documents to caught mail
	$(BIN)/newsletter demo $(ARGS)

test: $(READY) ## every test; those that need a system package run where it is installed
	$(BIN)/pytest -n auto $(ARGS)

unit: $(READY) ## the pure middle in some seconds, with fewer generated cases: while you work
	$(BIN)/pytest -n 2 --hypothesis-profile=quick tests/content tests/rendering tests/audience \
	  tests/test_tokens.py tests/test_settings.py tests/test_replies.py tests/schedule/test_deciding.py $(ARGS)

check: $(READY) ## style, types, the import contract, and README's completeness
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest tests/test_readme.py

proof: $(READY) ## 200 kills of a sender on each database, 100 power cuts, 10 000 readers who leave
	KILLS=200 CLICKS=10000 $(BIN)/pytest tests/integration/test_kills.py \
	  tests/integration/test_power_cut.py tests/integration/test_leaving_all_at_once.py $(ARGS)

screenshots: $(READY) ## README's pictures, made from the demo's own mail (needs chromium)
	$(BIN)/python -m tests.e2e.screenshots

golden: $(READY) ## the messages in tests/golden, written anew; look at the difference
	$(BIN)/python -m tests.golden.kinds

bench: $(READY) ## how fast it is, in one run on this machine (needs postfix's smtp-sink, and chromium)
	$(BIN)/python -m tests.bench.rendering
	$(BIN)/python -m tests.bench.preview
	$(BIN)/python -m tests.bench.far
	$(BIN)/python -m tests.bench.delivery
	$(BIN)/python -m tests.bench.imports

bench-memory: $(READY) ## the memory of sending to 10 000 and to a million; it takes its time
	$(BIN)/python -m tests.bench.memory

lock: $(READY) ## the newest versions that pyproject.toml allows, with their hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet -o requirements.txt

clean: ## all that was made here, the demo's data too
	rm -rf .venv build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@
