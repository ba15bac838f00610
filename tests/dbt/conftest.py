"""A built work file per module: real landing, real dbt, no simulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minhu import settings as settings_module
from minhu.settings import Settings
from minhu.warehouse import dbt_build, work_file


def settings_at(home: Path) -> Settings:
    return settings_module.load(environ={"MINHU_HOME": str(home)})


def build(settings: Settings, day: date) -> None:
    """The whole of `assessment_build` for a date."""
    dbt_build.load_landing(settings, day)
    dbt_build.build_marts(settings, day)


def query(settings: Settings, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with work_file.connect(settings, read_only=True) as db:
        return db.execute(statement, list(parameters)).fetchall()


@pytest.fixture
def ask(built: Settings) -> Callable[..., list[tuple[Any, ...]]]:
    """Query the module's built work file."""
    return lambda statement, *parameters: query(built, statement, *parameters)
