# The names that people type. `make demo` needs nothing prepared but Python 3.11 or newer.
SHELL := /bin/bash
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
# Airflow starts twice as fast when its compiled modules are kept, whatever the caller's habit.
test test-cluster bench chaos soak: export PYTHONDONTWRITEBYTECODE :=
test test-cluster bench chaos soak: export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache
# `make demo DRIVE=stand-in`, `make run DRIVE=stand-in`: a stand-in of Google Drive as archive.
demo run: export IMPORT_EXPORT_DRIVE := $(DRIVE)
.PHONY: help demo run tool stop cluster cluster-demo cluster-stop clean test test-cluster lint bench sizing vendor lock licences sbom audit fuzz chaos soak install install-dev

help: ## what can be done
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: ## install what the product needs
	@devtools/bootstrap.sh requirements.txt

install-dev:
	@devtools/bootstrap.sh requirements-dev.txt

demo: install ## start everything, import a distributor's ZIP, and tell what became of it
	@$(PYTHON) -m devtools.demo

run: install ## start everything and keep it until Ctrl-C
	@exec $(PYTHON) -m devtools.stack run

tool: install ## the command line, on the running stack: make tool ARGS="inspect FILE"
	@$(PYTHON) -m devtools.stack tool $(ARGS)

stop: ## end what `make demo` or `make run` left running
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m devtools.stack stop; fi

cluster: install-dev ## what docker-compose.yaml describes, as processes of this machine, until Ctrl-C
	@exec $(PYTHON) -m devtools.cluster run

cluster-demo: install-dev ## import on two Celery workers that share nothing but a bucket, and tell which host did what
	@$(PYTHON) -m devtools.cluster_demo

cluster-stop: ## end what `make cluster` or `make cluster-demo` left running
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m devtools.cluster stop; fi

clean: ## stop, and remove .local and .venv
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m devtools.cluster clean && $(PYTHON) -m devtools.stack clean && \
		IMPORT_EXPORT_LOCAL=.chaos $(PYTHON) -m devtools.stack clean; fi
	@rm -rf .chaos .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

test: install-dev ## all tests but the cluster's, on MariaDB and (as root, or with IMPORT_EXPORT_TEST_MYSQL_URI) MySQL 9
	@$(PYTHON) -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder --ignore tests/cluster $(ARGS)

test-cluster: install-dev ## two Celery workers that are lost, cut off, without MySQL: some minutes of both cores
	@$(PYTHON) -m pytest tests/cluster $(ARGS)

lint: install-dev ## format, rules, types, layers, the image and Compose
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@PYTHONPATH=plugins .venv/bin/lint-imports --no-logo 2>/dev/null || PYTHONPATH=plugins .venv/bin/lint-imports
	@.venv/bin/hadolint Dockerfile
	@told=$$(.venv/bin/compose-lint --quiet --fail-on low docker-compose.yaml) || { echo "$$told"; exit 1; }

bench: install-dev ## measure, as ratios against something measured in the same run
	@PYTHONPATH=plugins:. $(PYTHON) -m benchmarks.run $(ARGS)

sizing: install ## reckon what a number of distributors and files needs: make sizing ARGS="--distributors 1000 --new 0.05"
	@$(PYTHON) -m devtools.sizing $(ARGS)

vendor: install ## make the JavaScript of the pages and the fonts of the PDF again from the npm registry, as pinned in devtools/
	@$(PYTHON) -m devtools.vendor
	@$(PYTHON) -m devtools.fonts
	@$(PYTHON) -m devtools.pins

lock: install ## renew the lock files from requirements.in and requirements-dev.in
	@UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	@UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements-dev.in -c requirements.txt -o requirements-dev.txt

licences: install-dev ## hold the licences of all locked packages against those we accept, and write docs/licences.md
	@$(PYTHON) -m devtools.licences

sbom: install-dev ## write build/sbom.json: all that the product is made of, as CycloneDX
	@$(PYTHON) -m devtools.sbom

audit: install-dev ## ask the advisory service about every locked package; fails, too, when it cannot be asked
	@for lock in requirements.txt requirements-dev.txt; do .venv/bin/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; done

fuzz: install-dev ## feed the parsers with anything: make fuzz MINUTES=2 (for each target)
	@MINUTES=$(MINUTES) PYTHONPATH=plugins:. $(PYTHON) -m tests.fuzz

chaos: install-dev ## kill and cut everything while files come in, and judge: make chaos N=50 FILES=50 SEED=7 SERVER=mysql9
	@N=$(N) FILES=$(FILES) SEED=$(SEED) BROKEN=$(BROKEN) SERVER=$(SERVER) PYTHONPATH=plugins:. $(PYTHON) -m tests.chaos

soak: install-dev ## many files at once while people click: make soak FILES=1000 USERS=50 ROUNDS=2
	@FILES=$(FILES) USERS=$(USERS) ROUNDS=$(ROUNDS) PYTHONPATH=plugins:. $(PYTHON) -m tests.soak
