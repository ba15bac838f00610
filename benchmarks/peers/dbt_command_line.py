"""The dbt command line: ``dbt build`` of the same seeds, models and tests in a new process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.night import Night

TITLE = "`dbt build` on the command line"
PYTHON = "product"
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")
NAME = "dbt_command_line"


def run(night: Night) -> dict[str, Any]:
    """As a night does it: variables are those of the night, so dbt reads the project again."""
    folder = night.folder_of(NAME)
    subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"), "--quiet", "build", "--project-dir", str(night.dbt_dir),
            "--profiles-dir", str(night.dbt_dir), "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
            "--vars", json.dumps(night.variables),
        ],
        env={**os.environ, **night.environment(night.work_file_of(NAME))}, check=True,
    )  # fmt: skip
    return {}
