# The verbs of the project. Everything they make lives under .venv/ and var/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP_FLAGS := --quiet --disable-pip-version-check --no-deps

CITY ?=
DATE ?=
SCALE ?=
SEED ?=
DAYS ?=
PORT ?=
AIRFLOW ?=
PEERS ?=
BENCH ?=
HISTORIES ?=
TESTS ?=
MODULE ?=
SHARE ?=
ENGINE ?=
# ENGINE=spark: the models of a night run on Spark, everything in its environment (docs/scale.md).
NIGHT := $(if $(filter spark,$(ENGINE)),.venv-spark,.venv)
NIGHT_READY := $(if $(filter spark,$(ENGINE)),.venv-spark/.installed,.venv/.runtime)
CITY_FLAG := $(if $(CITY),--city $(CITY))
# A statement may hold quotes, backticks and dollars: it reaches the shell as a variable, never as text of the command.
override export Q := $(value Q)

.PHONY: help setup nightly airflow bench bench-peers status sql db-start db-stop test test-slow test-bi lint lock clean \
	audit test-airflow-next coverage mutation test-spark

help: ## what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

setup: .venv/.runtime ## create .venv with the locked requirements

nightly: $(NIGHT_READY) ## run one night: DATE=2026-11-20 SCALE=0.05 SEED=7 DAYS=7 CITY=pingshan ENGINE=spark, all optional
	@$(if $(ENGINE),MINHU_ENGINE=$(ENGINE) )$(NIGHT)/bin/minhu $(CITY_FLAG) nightly $(if $(DATE),--date $(DATE)) $(if $(SCALE),--scale $(SCALE)) $(if $(SEED),--seed $(SEED)) $(if $(DAYS),--days $(DAYS))

airflow: $(NIGHT_READY) ## Airflow with the chain on its schedule until Ctrl-C: PORT=8080 (its pages) SCALE SEED DAYS CITY ENGINE
	@$(if $(ENGINE),MINHU_ENGINE=$(ENGINE) )$(NIGHT)/bin/minhu $(CITY_FLAG) airflow $(if $(PORT),--port $(PORT)) $(if $(SCALE),--scale $(SCALE)) $(if $(SEED),--seed $(SEED)) $(if $(DAYS),--days $(DAYS))

status: .venv/.runtime ## which release is current, cells by verdict
	@$(BIN)/minhu $(CITY_FLAG) status

sql: .venv/.runtime ## query the current release: make sql Q="select …"
	@$(BIN)/minhu $(CITY_FLAG) sql "$$Q"

db-start: .venv/.runtime ## start the embedded PostgreSQL and leave it running for readers: PORT=15432 for JDBC and ODBC
	@$(BIN)/minhu $(CITY_FLAG) db start $(if $(PORT),--port $(PORT))

db-stop: .venv/.runtime ## stop it
	@$(BIN)/minhu $(CITY_FLAG) db stop

# Files go to the processes as wholes, in the order of tests/conftest.py: those that build most nights first.
test: lint ## lint, types and every test but the slow ones, in two processes
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadscope --no-loadscope-reorder

test-slow: .venv/.development ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

test-bi: var/bi/.installed var/bi/superset/.installed .venv/.runtime ## psql, pandas, ADBC, DuckDB and Superset read the release and are compared; leaves the database running
	@$(BIN)/minhu $(CITY_FLAG) db start --port $(or $(PORT),15432)
	@$(BIN)/minhu $(CITY_FLAG) export --as duckdb --out var/bi/release.duckdb
	@var/bi/bin/python tests/bi/readers.py "$$($(BIN)/minhu $(CITY_FLAG) db uri)" var/bi/release.duckdb
	@var/bi/superset/bin/python tests/bi/superset.py "$$($(BIN)/minhu $(CITY_FLAG) db uri)" $(or $(PORT),15432) \
		"$$($(BIN)/minhu $(CITY_FLAG) db start --port $(or $(PORT),15432) | sed -n 's/^its password is in //p')" var/bi/superset/home

test-spark: .venv-spark/.installed ## two nights, and a simulated month at 5 %, on Spark and on DuckDB, compared cell by cell; needs Java 17 (apt-get install openjdk-17-jre-headless); without the month: SPARK='-m "not slow"'
	@command -v java >/dev/null || { echo "Java 17 is needed: apt-get install openjdk-17-jre-headless"; exit 2; }
	PYTHONPATH=include .venv-spark/bin/python -m pytest tests/spark $(SPARK)

lint: .venv/.development ## ruff, sqlfluff, mypy, import directions, dependencies, conventions of the dbt project
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 dbt_project/models dbt_project/tests
	$(BIN)/mypy
	PYTHONPATH=include $(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/dbt --quiet parse --project-dir dbt_project --profiles-dir dbt_project --log-path var/lint --target-path $(CURDIR)/var/lint
	$(BIN)/dbt-bouncer --config-file dbt-bouncer.yml

bench: .venv/.development ## measure a full-size night, nights on 30 days, a year and ten years of a small city, and three sizes of it (an hour and a half): BENCH="--long-days 365" HISTORIES="--days 30 365" SIZES="--scales 0.003 0.03 0.3"
	@$(BIN)/python -m benchmarks.run --home var/benchmark $(BENCH)
	@$(BIN)/python -m benchmarks.histories $(HISTORIES)
	@$(BIN)/python -m benchmarks.sizes $(SIZES)

bench-peers: .venv/.development .venv-peers/.installed .venv-sqlmesh/.installed .venv-spark/.installed ## the night by bare DuckDB, dbt, Cosmos, SQLMesh, Spark and pandas, compared (about an hour): PEERS="--only own bare_duckdb --runs 1"
	@$(BIN)/python -m benchmarks.peers $(PEERS)

# What keeps the ground sound: docs/upkeep.md. Its tools are in an environment of their own.
audit: .venv/.development .venv-audit/.installed ## known vulnerabilities, ages and licences of the locks, bill of materials
	@.venv-audit/bin/python -m upkeep.audit

test-airflow-next: .venv-audit/.installed ## tests of the DAGs under the next minor of Airflow (needs uv): AIRFLOW=3.4.0b2 for a certain one
	@.venv-audit/bin/python -m upkeep.airflow_next $(if $(AIRFLOW),--version $(AIRFLOW))

coverage: .venv/.development ## which branches of include/minhu tests reach: TESTS="tests/kpis tests/sources" for some of them
	@mkdir -p var/coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -m "not slow and not end_to_end" $(TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage json --quiet
	$(BIN)/coverage report

mutation: .venv/.development ## small faults in one module that its tests do not notice: MODULE=include/minhu/… TESTS=tests/… SHARE=0.5 SEED=1
	$(BIN)/python -m upkeep.mutation $(MODULE) $(TESTS) $(if $(SHARE),--share $(SHARE)) $(if $(SEED),--seed $(SEED))

lock: ## write the lock files anew from requirements*.in (needs uv)
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes -c requirements.txt requirements-bi.in -o requirements-bi.txt
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes requirements-superset.in -o requirements-superset.txt
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes requirements-audit.in -o requirements-audit.txt
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes requirements-spark.in -o requirements-spark.txt
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes requirements-peers.in -o requirements-peers.txt
	uv pip compile -q --no-header --no-annotate --no-strip-extras --python-version 3.11 --generate-hashes requirements-sqlmesh.in -o requirements-sqlmesh.txt

# What analysts connect with is no part of the product and has an environment of its own.
var/bi/.installed: requirements-bi.txt
	$(PYTHON) -m venv var/bi
	@var/bi/bin/pip install $(PIP_FLAGS) --require-hashes -r requirements-bi.txt
	@touch $@

var/bi/superset/.installed: requirements-superset.txt var/bi/.installed
	$(PYTHON) -m venv var/bi/superset
	@echo "installing Superset (about 800 MB, once) ..."
	@var/bi/superset/bin/pip install $(PIP_FLAGS) --require-hashes -r requirements-superset.txt
	@touch $@

clean: ## remove .venv and everything built; var/ (all state) stays
	rm -rf .venv .venv-* minhu.egg-info dbt_project/target dbt_project/logs .mypy_cache .ruff_cache .pytest_cache

# The lock is complete, so pip need not resolve it (--no-deps); older pips also refuse hashes together with extras.
.venv/bin/python:
	@test "$$($(PYTHON) -c 'import sys; print(*sys.version_info[:2], sep=".")')" = 3.11 || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.txt pyproject.toml | .venv/bin/python
	@echo "installing the locked requirements (about 700 MB, once) ..."
	@$(BIN)/pip install $(PIP_FLAGS) --require-hashes -r requirements.txt
	@$(BIN)/pip install $(PIP_FLAGS) --no-build-isolation -e .
	@touch $@

.venv/.development: requirements-dev.txt .venv/.runtime
	@$(BIN)/pip install $(PIP_FLAGS) --require-hashes -r requirements-dev.txt
	@touch $@

# Tools, and what the product is compared with, each in an environment of its own; Spark's is 1.2 GB, the others less than one.
.venv-%/.installed: requirements-%.txt | .venv/bin/python
	@$(BIN)/python -m venv .venv-$*
	@echo "installing .venv-$* (once) ..."
	@.venv-$*/bin/pip install $(PIP_FLAGS) --require-hashes -r $<
	@$(if $(filter spark,$*),.venv-$*/bin/pip install $(PIP_FLAGS) --no-build-isolation -e .)
	@touch $@
