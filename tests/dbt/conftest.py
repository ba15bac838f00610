"""Asking the module's built work file: real landing, real dbt, no simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minhu.settings import Settings
from tests.fixtures.homes import query


@pytest.fixture
def ask(built: Settings) -> Callable[..., list[tuple[Any, ...]]]:
    """Query the module's built work file."""
    return lambda statement, *parameters: query(built, statement, *parameters)
