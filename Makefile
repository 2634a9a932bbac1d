# make demo   installs what is missing, builds, and runs the main campaign from events to its audit
# make test   the same for all tests
# make chaos  kills, stops and fills up real processes for a good while, and compares what comes out
# make mutants  breaks the cores on purpose, and expects the simulation to notice
# make bench  how fast it is, beside its peers on the same machine in the same run
# make bench-peers  installs those peers that PyPI and Debian have
# make lint   what the formatters and checkers say;  make format  does what they say
# make docs   writes docs/COMMANDS.md anew from the commands' own help
# make clean  removes everything that was built or installed here

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := demo
.PHONY: mutants chaos demo test bench bench-peers lint format docs clean debian release debug

PACKAGES := g++ libcurl4-openssl-dev libfastjet-dev libsqlite3-dev libssl-dev make pkg-config python3 python3-venv
RELEASE := swift build -c release --scratch-path .build-release --static-swift-stdlib --product ergon
ERGON := .build-release/release/ergon
SWIFT := Sources/Core Sources/App Tests Package.swift \
    $(filter-out %/ErgonWireMessages %/CLinux %/CCurl %/CSQLite,$(wildcard Sources/Runtime/*))
VENV := $(CURDIR)/.venv
# The tools and the campaigns' programs come from the virtual environment first.
export PATH := $(VENV)/bin:$(PATH)

demo: release $(VENV)/installed
	$(ERGON) run manifests/z-peak.yaml --show plot.text
	run=$$(ls -d ergon-runs/z-peak/* | sort -V | tail -1)
	$(ERGON) coverage --home "$$run/coordinator"
	$(ERGON) audit verify --home "$$run/coordinator"

test: debian $(VENV)/installed-dev debug lint
	$(MAKE) -C examples/cpp
	swift test --skip-build
	pytest -q -ra Tests/Schema
	pytest -q -ra examples/tests
	pytest -q -ra Benchmarks/test_report.py
	ERGON=$(CURDIR)/.build/debug/ergon pytest -q -ra Tests/EndToEnd

bench: release
	for program in restart-bench swarm-bench unlogged-bench; do \
	    swift build -c release --scratch-path .build-release --static-swift-stdlib \
	        --product $$program; \
	done
	ERGON=$(ERGON) python3 Benchmarks/run.py --json bench.json

bench-peers:
	Benchmarks/peers.sh

chaos: debug $(VENV)/installed-dev
	ERGON=$(CURDIR)/.build/debug/ergon ERGON_CHAOS_SECONDS=1200 ERGON_CHAOS_KILLS=200 \
	    pytest -q -ra -s Tests/EndToEnd/test_chaos.py

# Breaks the cores on purpose, in a copy, and expects the simulation to notice each time.
mutants:
	Tests/mutants.sh

lint: $(VENV)/installed-dev
	swift format lint --strict --parallel -r $(SWIFT)
	mypy --strict --ignore-missing-imports examples
	MYPYPATH=Tests/EndToEnd:examples/tests mypy --strict --ignore-missing-imports Tests/EndToEnd
	MYPYPATH=Benchmarks:Benchmarks/drivers mypy --strict --ignore-missing-imports Benchmarks

format:
	swift format -i --parallel -r $(SWIFT)

docs: release
	ERGON=$(ERGON) docs/commands.sh > docs/COMMANDS.md

clean:
	rm -rf .build .build-release .venv ergon-runs examples/cpp/build
	find . -name __pycache__ -prune -exec rm -rf {} +

release: debian
	$(RELEASE)

debug: debian
	swift build --build-tests

# Asks for the packages only if one is missing, so that nobody needs rights for nothing.
debian:
	@missing=$$(for package in $(PACKAGES); do
	    dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed \
	        || echo $$package
	done)
	if [ -n "$$missing" ]; then
	    root=$$([ $$(id -u) = 0 ] || echo sudo)
	    $$root apt-get update -q
	    $$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y $$missing
	fi

$(VENV)/installed: examples/requirements.txt | debian
	[ -x $(VENV)/bin/python3 ] || python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q -r examples/requirements.txt
	touch $@

$(VENV)/installed-dev: examples/requirements-dev.txt $(VENV)/installed
	$(VENV)/bin/pip install -q -r examples/requirements-dev.txt
	touch $@

.ONESHELL:
