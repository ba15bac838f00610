"""Stand-in for dbt's adapter, so that sqlfluff can render models without a database."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str) -> Callable[..., str]:
    """A function of the column, as the dispatched macros are; the one without a column is an `as`."""
    return lambda *column: f"{name}({column[0]})" if column else "as"


def get_relation(**_: object) -> None:
    """No relation exists where nothing was built."""
