"""What tasks need, imported once in the scheduler: they are forked from it and find it loaded.

Importing Great Expectations takes 4 s, dbt 2 s; a night has five tasks that would each pay for one or both.
"""

from __future__ import annotations

from importlib import import_module

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
    "minhu.extract.hotline.extract",
    "minhu.extract.grid.extract",
    "minhu.extract.stations.extract",
    "minhu.extract.returns.extract",
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
    """Import everything in :data:`MODULES`; nothing is run, no thread started."""
    for name in MODULES:
        import_module(name)
