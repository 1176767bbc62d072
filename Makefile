.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TORCH := $(shell sed -n 's/^ *"\(torch==[^"]*\)",$$/\1/p' pyproject.toml)

##@ The main job

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Set-up

.PHONY: setup
setup: $(READY) ## Make the virtual environment with the locked dependencies

$(READY): requirements/dev.txt pyproject.toml protos/pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies (a few minutes the first time)"
	@$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps $(TORCH)
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e protos -e .
	@touch $@

.PHONY: lock
lock: $(READY) ## Resolve the dependencies anew into requirements/*.txt
	$(BIN)/python requirements/lock.py
