# Everything runs in the clone's own .venv; PYTHON chooses the interpreter that makes it (3.11 to 3.13).
PYTHON ?= python3
BIN := .venv/bin
# Files that are already downloaded: ORTHOKG_CACHE, or a folder shared/sources beside the clone.
export ORTHOKG_CACHE ?= $(wildcard $(abspath ../shared/sources))
export OPENBLAS_NUM_THREADS ?= 2
# Tests without servers, and no plugin that imports a library for them.
QUICK := tests/kg tests/test_docker.py tests/test_needs.py tests/ingest/test_manifest.py

# Runs a command and prints its seconds, whether it fails or not.
timed = start=$$(date +%s); $(2); code=$$?; echo "stage $(1): $$(($$(date +%s) - start)) s"; exit $$code

.PHONY: demo docs quick test test-core test-models models check bench browser screenshots clean
.DEFAULT_GOAL := demo

.venv/.ready: requirements/test.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements/test.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.venv/.models: .venv/.ready requirements/models.txt
	@$(call timed,models environment,$(BIN)/python -m pip install --quiet --no-compile --requirement requirements/models.txt && touch $@)

models: .venv/.models  ## scanpy, scvi-tools, torch and pyscenic: what makes networks and embeddings; 7 GB

demo: .venv/.ready docs  ## which changes of named mouse models match which human disease states, in the graph that plain orthokg finds
	@$(BIN)/python -m ingest.demo

docs: .venv/.ready  ## the documentation that the server has at /docs, into api/docs/site
	@$(call timed,docs,NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict --config-file api/docs/mkdocs.yml)

quick: .venv/.ready  ## the tests that need no server and few draws: what to run after each change
	@$(call timed,quick tests,$(BIN)/python -m pytest -q -p no:zarr -p no:anyio -n 2 --dist loadfile --no-loadscope-reorder \
	-m "not graph and not models and not long" $(QUICK))

test: test-core models check test-models  ## every test, on the embedded server and a real Neo4j

test-core: .venv/.ready docs browser  ## the tests that need no model package
	@$(call timed,core tests,$(BIN)/python -m tests.java; $(BIN)/python -m pytest -q -p tests.longest -n 2 --dist loadfile --no-loadscope-reorder -m "not models" tests)

test-models: .venv/.models  ## the tests of networks and embeddings
	@$(call timed,models tests,$(BIN)/python -m pytest -q -p tests.longest -n 2 --dist loadfile --no-loadscope-reorder -m models tests)

check: .venv/.models  ## style, types, import contracts, and that what is imported is declared
	$(BIN)/ruff check kg ingest api tests
	$(BIN)/ruff format --check kg ingest api tests
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	$(BIN)/pyright

browser:  ## Debian's chromium for the tests of the explorer; where it cannot be installed they say that they are skipped
	@command -v chromium > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && \
	{ apt-get install --yes --quiet chromium > /dev/null || { apt-get update --quiet > /dev/null && apt-get install --yes --quiet chromium > /dev/null; }; }; } \
	|| echo "no chromium, and it cannot be installed here: the tests of the explorer will be skipped"

bench: .venv/.ready  ## full sizes, ratios against named peers; writes tests/bench/results
	for file in tests/bench/bench_*.py; do $(BIN)/python -m tests.bench.$$(basename $$file .py) || exit 1; done

screenshots: .venv/.ready  ## the README's pictures of the explorer, over what make demo has loaded; wants chromium
	$(BIN)/python -m tests.bench.screenshots

clean:  ## all that was installed or built; .orthokg, which holds data, stays
	rm -rf .venv api/docs/site
