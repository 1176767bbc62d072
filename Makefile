.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CHART_TOOLS := .venv-chart
DEPLOY_TOOLS := .venv-deploy
READY := $(VENV)/.ready
# The release before this commit; before the first one, the commit before.
BASE = $(shell git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null || git rev-parse -q --verify HEAD^ || git rev-parse HEAD)
TORCH := $(shell sed -n 's/^ *"\(torch==[^"]*\)",$$/\1/p' pyproject.toml)

##@ The main job

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: $(READY) ## Start the village and keep it up until Ctrl-C
	@$(BIN)/hamlet up $(ARGS)

.PHONY: down
down: $(READY) ## End a village that runs in the background
	@$(BIN)/hamlet down

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

.PHONY: browser
browser: ## Install Debian's Chromium, in which the tests of what a frontend sees run (needs root)
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; }

.PHONY: lock
lock: $(READY) ## Resolve the dependencies anew into requirements/*.txt
	$(BIN)/python requirements/lock.py

##@ Contracts

.PHONY: protos
protos: $(READY) ## Generate the stubs anew
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/buf format -w
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/buf generate
	$(BIN)/python -m protos.tools.rest_types
	$(BIN)/python -m protos.tools.helm_policy

.PHONY: breaking
breaking: $(READY) ## Refuse contracts that break callers of BASE (default: the last release), and a model that it cannot read
	$(BIN)/buf breaking --against ".git#ref=$(BASE)"
	$(BIN)/python -m release.model_before $(BASE)

.PHONY: wheel
wheel: $(READY) ## Build the wheels hamlet-protos and hamlet into dist/
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist ./protos .

##@ Release

.PHONY: version
version: $(READY) ## Write the version NEW everywhere, and its section of the changelog
	@$(BIN)/python -m release.prepare $(NEW)
	@$(MAKE) --silent protos

.PHONY: release
release: $(READY) ## Everything of the tag at HEAD into dist/release (ARGS: --snapshot tries untagged, --images, --twice)
	@$(BIN)/python -m release $(ARGS)

##@ Quality

.PHONY: lint
lint: $(READY) ## Everything a machine can say about the code without running it
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/buf lint
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/buf format --diff --exit-code
	$(BIN)/buf build -o -\#format=binpb | $(BIN)/python protos/tools/check_contracts.py
	$(BIN)/lint-imports
	$(BIN)/python -m services.storage.migration.lint
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/mypy

.PHONY: format
format: $(READY) ## Format the code
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format
	$(BIN)/buf format -w

##@ Tests

.PHONY: test
test: $(READY) ## Everything
	$(BIN)/pytest -n 2 --dist loadgroup

.PHONY: test-fast
test-fast: $(READY) ## What takes no processes: under a minute
	$(BIN)/pytest -n 2 -m "not slow" tests/unit tests/contract tests/store

.PHONY: fuzz-rest
fuzz-rest: $(READY) ## schemathesis against the REST interface of a whole village
	@$(BIN)/python -m tests.fuzz.run $(ARGS)

.PHONY: attack-sign-in
attack-sign-in: $(READY) ## Guess at passwords for three simulated quarters of an hour and see who is let in
	@$(BIN)/python -m tests.security.attack_sign_in $(ARGS)

.PHONY: screenshot-docs
screenshot-docs: $(READY) browser ## A picture of the running village's /docs; prints the file's path
	@$(BIN)/python -m tests.browser.screenshot $(ARGS)

.PHONY: chart-test
chart-test: $(READY) promtool $(CHART_TOOLS)/.ready ## The Helm chart: rendered, validated, scanned, compared with what was reviewed
	@$(BIN)/helm lint --strict helm/hamlet
	@$(BIN)/pytest -n 2 tests/chart tests/contract/test_helm_policy.py tests/unit/cli/test_cluster_certificates.py
	@$(CHART_TOOLS)/bin/python tests/chart/helm4.py $(BIN)/helm
	@$(BIN)/python -m tests.chart.scan $(CHART_TOOLS)/bin/checkov

.PHONY: workflows-scan
workflows-scan: $(CHART_TOOLS)/.ready ## The forge's workflows, by checkov
	@$(CHART_TOOLS)/bin/checkov --quiet --compact --skip-download --framework github_actions --directory .github

.PHONY: cluster-test
cluster-test: $(READY) $(CHART_TOOLS)/.ready ## The real Helm 3 and 4 install, upgrade, break, roll back, uninstall the chart (HAMLET_TEST_KUBECONFIG; else a double)
	@HAMLET_TEST_KUBECONFIG="$(HAMLET_TEST_KUBECONFIG)" $(BIN)/pytest -n 2 tests/cluster/story_*.py tests/cluster/test_*.py

.PHONY: chart-golden
chart-golden: $(READY) ## Write what the chart renders to anew; read the difference before you commit it
	@$(BIN)/python -m tests.chart.golden

.PHONY: promtool
promtool: ## Install Debian's Prometheus, whose promtool checks the alert rules (needs root)
	@command -v promtool >/dev/null || { apt-get update -qq && apt-get install -qq -y --no-install-recommends prometheus; }

# An environment of its own: checkov pins versions that ours exclude, Helm 4 is large.
$(CHART_TOOLS)/.ready:
	@$(PYTHON) -m venv $(CHART_TOOLS)
	@echo "installing checkov and Helm 4 (a few minutes the first time)"
	@$(CHART_TOOLS)/bin/pip install --quiet checkov==3.3.30 helm-python-sdk==0.2.2
	@touch $@

.PHONY: test-jaeger
test-jaeger: $(READY) ## The trace assertions against a real Jaeger (JAEGER_BIN or JAEGER_QUERY_URL)
	@$(BIN)/python tests/e2e/jaeger.py

##@ Deployment

.PHONY: deploy-lint
deploy-lint: $(READY) $(CHART_TOOLS)/.ready $(DEPLOY_TOOLS)/.ready ## The playbook and the Terraform example, by every tool that needs no machine to do it to
	@cd deploy/ansible && PATH="$(abspath $(DEPLOY_TOOLS))/bin:$$PATH" ansible-lint --offline --profile production --project-dir . village.yaml
	@cd deploy/ansible && "$(abspath $(DEPLOY_TOOLS))/bin/ansible-playbook" --syntax-check --inventory localhost, village.yaml
	@$(DEPLOY_TOOLS)/bin/python -c 'import sys, hcl2; [hcl2.load(open(path)) for path in sys.argv[1:]]' deploy/terraform/*.tf
	@$(CHART_TOOLS)/bin/checkov --skip-download --quiet --compact --framework terraform --directory deploy/terraform
	@$(BIN)/pytest tests/deploy

# An environment of its own, as checkov's: ansible-lint pins versions that ours exclude.
$(DEPLOY_TOOLS)/.ready:
	@$(PYTHON) -m venv $(DEPLOY_TOOLS)
	@echo "installing ansible-lint and a parser of HCL"
	@$(DEPLOY_TOOLS)/bin/pip install --quiet ansible-core==2.19.14 ansible-lint==26.10.1 python-hcl2==8.1.4
	@touch $@

##@ Images

.PHONY: container-tools
container-tools: ## Install what builds and runs images without a container engine (Debian, needs root)
	@command -v buildah podman runc debootstrap >/dev/null || { apt-get update -qq \
		&& apt-get install -qq -y --no-install-recommends buildah podman runc debootstrap; }

.PHONY: images
images: $(READY) container-tools ## Build the images and their SBOMs, and hold their sizes (ARGS names targets; needs root)
	@$(BIN)/python -m docker.build $(ARGS)

.PHONY: compose-tools
compose-tools: ## Install Debian's docker-compose, which checks the compose files, and runs them (needs root)
	@command -v docker-compose >/dev/null || { apt-get update -qq && apt-get install -qq -y --no-install-recommends docker-compose; }

.PHONY: compose-test
compose-test: $(READY) container-tools compose-tools promtool ## docker/compose.yaml, brought up from the built images: a comment goes through it (needs root)
	@$(BIN)/pytest tests/compose tests/compose/composed_village.py

.PHONY: images-test
images-test: $(READY) container-tools ## The built images: what is in them, and a comment through the chart's own pods made of them
	@$(BIN)/pytest tests/images/built_images.py tests/images/built_village.py

##@ Benchmarks and drills

.PHONY: bench-mesh
bench-mesh: $(READY) ## What the mesh costs a server, beside a bare one and the contributed instrumentation
	@$(BIN)/python -m bench.mesh $(ARGS)

.PHONY: bench-edge
bench-edge: $(READY) ## The front door as shipped: cached, uncached, comments, growth, memory (needs wrk)
	@$(BIN)/python -m bench.edge

.PHONY: bench-unknown-fields
bench-unknown-fields: $(READY) ## What it would cost to refuse unknown JSON fields (needs wrk)
	@$(BIN)/python -m bench.unknown_fields

.PHONY: drill-restart
drill-restart: $(READY) ## Restart every process under load, retries off; ARGS=--no-drain shows what the drain is for
	@$(BIN)/python -m tests.chaos.restart $(ARGS)

.PHONY: drill-upgrade
drill-upgrade: $(READY) ## Upgrade the chart and roll it back under load, retries off (needs root; FROM=VERSION; ARGS=--no-drain must fail)
	@$(BIN)/python -m tests.chaos.upgrade $(if $(FROM),--from $(FROM)) $(ARGS)

##@ Security

.PHONY: attack
attack: $(READY) ## Hostile clients on every door, with each defence and without it (12 minutes; ARGS names attacks, doors or "door:attack")
	@$(BIN)/python -m tests.security.field $(ARGS)

.PHONY: fuzz-decode
fuzz-decode: $(READY) ## A million inputs to every RPC through the whole chain (ARGS="--runs N --folder F --seconds S")
	@$(BIN)/python -m tests.security.fuzz $(ARGS)
