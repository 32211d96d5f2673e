# The commands of the house. `make run` and `make test` need Python 3.11, make and a C compiler, nothing else.
PYTHON ?= python3.11
VENV := .venv
CLUSTER := .venv-cluster
PY := $(VENV)/bin/python
CLUSTER_PY := $(CLUSTER)/bin/python
SITE_OF = -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])'
CUDA_PACKAGES := triton cuda-bindings cuda-pathfinder cuda-toolkit $(addprefix nvidia-,cublas cuda-cupti cuda-nvrtc \
	cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx)
CELERY_AND_DJANGO := DJANGO_SETTINGS_MODULE=config.settings

.PHONY: run test messages check unit lint types imports format bench bench-money bench-compute bench-cluster bench-sight reset lock install browser drill-money drill-cluster worker-package calibrate-audits gallery

run: install ## Start the whole platform with its embedded defaults
	@exec $(PY) -m launcher run

TEST_PROCESSES ?= 4
test: install browser ## Every test: web, cluster, browser stories
	$(PY) -m pytest -q -n logical --maxprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder --cov --cov-report=
	@$(VENV)/bin/coverage report --format=total >/dev/null && echo "Coverage is above its floor."
	@test ! -d tests/training_cluster || $(CLUSTER_PY) -m pytest -q -c training_cluster/pytest.ini tests/training_cluster

check: lint types imports unit ## Linters, types, import rules, unit tests

unit: install
	$(PY) -m pytest -q --ignore=tests/stories

lint: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.installed $(CLUSTER)/.installed
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --config-file training_cluster/pyproject.toml --python-executable $(CLUSTER_PY) \
		--cache-dir .mypy_cache/cluster --explicit-package-bases training_cluster

imports: $(VENV)/.installed
	$(VENV)/bin/lint-imports

format: $(VENV)/.installed
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

gallery: $(VENV)/.installed ## Pictures of the key pages of the running demo, into docs/gallery
	@$(PY) -m bench.gallery

reset: ## Forget the demo's data; asks first
	@$(PY) -m launcher reset

lock: ## Compile the pins from the declared inputs
	$(VENV)/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" requirements/web.in -o requirements.txt
	@# With extras as they are asked for: pip, where uv is not to be had, takes no hash of coverage for coverage[toml].
	$(VENV)/bin/uv pip compile -q --universal --no-strip-extras --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" requirements/dev.in -c requirements.txt -o requirements/dev.txt
	@# Neither hashes nor CUDA's libraries: PyTorch's wheel differs by machine and brings those that it needs.
	$(VENV)/bin/uv pip compile -q --universal --no-emit-index-url --python-version 3.11 \
		$(addprefix --no-emit-package ,$(CUDA_PACKAGES)) --custom-compile-command "make lock" \
		training_cluster/requirements.in -o training_cluster/requirements.txt

install: $(VENV)/.installed locale/.compiled \
	$(if $(wildcard training_cluster/requirements.txt),$(CLUSTER)/.installed) \
	$(if $(wildcard package-lock.json),node_modules/.installed)

$(VENV)/.installed: requirements/dev.txt requirements/spec.txt
	@echo "Installing the web platform into $(VENV) ..."
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/uv --version >/dev/null 2>&1 || $(PY) -m pip install -q --disable-pip-version-check uv 2>/dev/null || true
	@for file in "-r requirements/dev.txt" "--no-deps -r requirements/spec.txt"; do \
		$(VENV)/bin/uv pip install -q --python $(PY) $$file 2>/dev/null \
			|| $(PY) -m pip install -q --disable-pip-version-check $$file || exit 1; done
	@printf '%s\n%s\n' "$(CURDIR)" "$(CURDIR)/platform" > "$$($(PY) $(SITE_OF))/commonweave.pth"
	@touch $@

$(CLUSTER)/.installed: training_cluster/requirements.txt
	@echo "Installing the training cluster (PyTorch, hivemind) into $(CLUSTER): the longest step, some minutes ..."
	@test -x $(CLUSTER_PY) || $(PYTHON) -m venv $(CLUSTER)
	@$(CLUSTER_PY) -m pip install -q --disable-pip-version-check --use-pep517 -r training_cluster/requirements.txt
	@printf '%s\n' "$(CURDIR)" > "$$($(CLUSTER_PY) $(SITE_OF))/commonweave.pth"
	@touch $@

locale/.compiled: $(wildcard locale/*/LC_MESSAGES/*.po) | $(VENV)/.installed
	@$(VENV)/bin/pybabel -q compile -D django -d locale
	@touch $@

messages: locale/.compiled ## Collect the texts for translators; needs GNU gettext
	@$(PY) manage.py makemessages $(foreach language,de es fr,-l $(language)) --no-location --no-obsolete --no-wrap \
		$(foreach folder,tests bench node_modules docs static payments/stripe_standin training_cluster,-i $(folder)) -v 0

node_modules/.installed: package-lock.json
	@echo "Installing fonts into node_modules ..."
	@$(PY) -m launcher npm ci --silent --no-audit --no-fund
	@touch $@

browser: $(VENV)/.installed
	@$(PY) -m launcher browser

bench: $(VENV)/.installed ## Measure, as ratios within one run
	$(PY) -m pytest -q -s -p no:cacheprovider bench/test_growth.py

bench-money: $(VENV)/.installed ## The money at 10,000 and 100,000 pledges; BENCH_SIZES asks for others
	$(PY) -m pytest -q -s -p no:cacheprovider bench/test_money.py

bench-compute: $(VENV)/.installed ## GPU time at 10,000 and 100,000 blocks, and a round of 1,000 leases; BENCH_BLOCKS and BENCH_LEASES ask for others
	$(PY) -m pytest -q -s -p no:cacheprovider bench/test_compute.py

bench-sight: $(VENV)/.installed ## When pages of the running demo are drawn, with a CPU four times slower
	@$(PY) -m bench.first_sight

bench-cluster: $(VENV)/.installed $(CLUSTER)/.installed ## Exchange, anchor's cost, audits' share, machines that come and go, held-out loss: an hour
	@for part in exchange anchor_cost exchange_on_paper; do $(CLUSTER_PY) -m bench.$$part || exit 1; done
	@$(CELERY_AND_DJANGO) $(PY) -m bench.audit_share
	@$(PY) -m bench.churn --goal 0
	@nice -n 19 $(CLUSTER_PY) -m bench.quality tune
	@nice -n 19 $(CLUSTER_PY) -m bench.quality compare

SEED ?= 7
PLEDGES ?= 2000
drill-money: $(VENV)/.installed ## Break everything around the money, count every cent; KEEP=1 keeps logs, see docs/drill.md
	@$(PY) -m bench.drill --seed $(SEED) --pledges $(PLEDGES) $(if $(KEEP),--keep) $(if $(DAMAGE),--damage $(DAMAGE))

drill-cluster: $(VENV)/.installed $(CLUSTER)/.installed ## Real volunteers, everything breaks, some cheat; count every second; KEEP=1, see docs/drill.md
	@$(PY) -m bench.cluster_drill --seed $(SEED) $(if $(KEEP),--keep) $(if $(SHORT),--short)

PACKAGES := dist/worker
worker-package: $(CLUSTER)/.installed ## The volunteers' agent as a wheel with its hashes; SIGNING_KEY=file signs it
	@rm -rf $(PACKAGES) training_cluster/build && mkdir -p $(PACKAGES)
	@$(CLUSTER_PY) -m pip wheel -q --disable-pip-version-check --no-deps -w $(PACKAGES) ./training_cluster
	@rm -rf training_cluster/build training_cluster/*.egg-info
	@$(CLUSTER_PY) -m training_cluster.release $(PACKAGES) $(if $(SIGNING_KEY),--key $(SIGNING_KEY))

AUDIT_STEPS ?= 20 100
calibrate-audits: $(CLUSTER)/.installed ## How far honest and other blocks lie from their replay: the audit's thresholds
	@$(CLUSTER_PY) -m bench.audits --steps $(AUDIT_STEPS)
