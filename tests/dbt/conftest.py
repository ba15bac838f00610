"""A built work file per module: real landing, real dbt, no simulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minhu import settings as settings_module
from minhu import warehouse, work_file
from minhu.settings import Settings


def settings_at(home: Path) -> Settings:
    return settings_module.load(environ={"MINHU_HOME": str(home)})


def build(settings: Settings, day: date) -> None:
    """The whole of `assessment_build` for a date."""
    warehouse.load_landing(settings, day)
    warehouse.build_marts(settings, day)


def query(settings: Settings, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with work_file.connect(settings, read_only=True) as db:
        return db.execute(statement, list(parameters)).fetchall()


@pytest.fixture
def ask(built: Settings) -> Callable[..., list[tuple[Any, ...]]]:
    """Query the module's built work file."""
    return lambda statement, *parameters: query(built, statement, *parameters)
