"""How templates of pages are read: everything that came from data is escaped, and a name that nobody gave is an error."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from minhu.reports.presentation.values import shown


def environment(package: str) -> Environment:
    """The templates of a package, with the filter ``shown``."""
    found = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["shown"] = shown
    return found
