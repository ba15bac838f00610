"""What tasks need, imported once in the scheduler: they are forked from it and find it loaded.

Importing Great Expectations takes 4 s, dbt 2 s; a night has five tasks that would each pay for one or both.
"""

from __future__ import annotations

from importlib import import_module

from minhu.extract import registry

MODULES = (
    "pandas",
    "pyarrow.csv",
    "pyarrow.parquet",
    "duckdb",
    "minhu.quality.validation",
    "great_expectations",
    "expectations.landed",
    "expectations.published.kpi_values",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "minhu.pipeline.publication",
)

#: Written into Airflow's configuration folder; only the scheduler has tasks to fork.
LOCAL_SETTINGS = '''"""Imported by every process of Airflow."""

import sys

if "scheduler" in sys.argv:
    from minhu.standalone.preload import load_modules

    load_modules()
'''


def load_modules() -> None:
    """Import everything in :data:`MODULES` and the extracts of all sources; nothing is run, no thread started."""
    for name in (*MODULES, *(f"minhu.extract.{source}.extract" for source in registry.names())):
        import_module(name)
