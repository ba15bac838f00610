"""The sources of a city: one record each, found in the folders of the sources themselves.

A folder ``minhu/extract/<name>/`` with a module ``source`` that has a :class:`Source` called ``SOURCE`` is a source. What
lists the sources asks here: DAGs, stages, gate, notices, dossier. Nothing else names them one by one.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from minhu.errors import UsageError
from minhu.findings import Severity

if TYPE_CHECKING:
    from minhu.extract.privacy import Pseudonyms
    from minhu.landing.zone import Attempt, Landing
    from minhu.settings import Settings

#: How a source is reached: libpq connection string, base URL with a bearer token, or a folder.
EndpointKind = Literal["database", "api", "folder"]


@dataclass(frozen=True)
class Endpoint:
    """Where a source is and how to be let in; None where the city does not have it.

    Attributes:
        address: libpq connection string, base URL or folder.
        token: bearer token, for an API.
    """

    address: str | None
    token: str = ""


Land = Callable[["Settings", "Landing", date, Endpoint, "Pseudonyms"], "Attempt"]


@dataclass(frozen=True)
class Source:
    """One source of the city.

    Attributes:
        name: of its folder, its landed tables, its DAG ``<name>_extract`` and its connection ``minhu_<name>``.
        position: its place wherever sources are listed.
        name_zh: what readers of the figures call it.
        name_en: the same in English.
        rule_code: middle part of its rule ids: ``L0-<code>-001``.
        endpoint: how it is reached.
        reads_again: how often Airflow reads it again after a failure that may pass; a lost worker is another matter.
        shows_its_past: whether what changed since a night can still be read as it was in that night.
        files_are_mended_by: a page of the runbook about mending its files; "" where a delivery has no files.
        empty_rule: rule id and severity of what is said of a table without rows; None where that is usual.
        land: reads it into landing; heavy libraries are imported inside.
    """

    name: str
    position: int
    name_zh: str
    name_en: str
    rule_code: str
    endpoint: EndpointKind
    land: Land
    reads_again: int = 2
    shows_its_past: bool = False
    files_are_mended_by: str = ""
    empty_rule: tuple[str, Severity] | None = None

    @property
    def dag_id(self) -> str:
        return f"{self.name}_extract"

    @property
    def not_delivered_rule(self) -> str:
        """Id of the rule that the source delivered at all."""
        return f"L0-{self.rule_code}-001"

    @property
    def not_recorded_rule(self) -> str:
        """Id of the rule that its delivery was recorded at all."""
        return f"L0-{self.rule_code}-002"


@cache
def sources() -> tuple[Source, ...]:
    """All sources, in the order of their positions."""
    folders = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.ispkg]
    names = [name for name in folders if (Path(__file__).parent / name / "source.py").is_file()]
    found: list[Source] = [import_module(f"minhu.extract.{name}.source").SOURCE for name in names]
    return tuple(sorted(found, key=lambda source: (source.position, source.name)))


def names() -> tuple[str, ...]:
    """Names of all sources, in the order of their positions."""
    return tuple(source.name for source in sources())


def source(name: str) -> Source:
    """The record of one source.

    Raises:
        UsageError: there is none of that name.
    """
    for found in sources():
        if found.name == name:
            return found
    raise UsageError(f"find the source {name}", f"expected one of {', '.join(names())}", "correct the name")


def configured(settings: Settings) -> dict[str, Endpoint]:
    """Where the settings say that sources are; a source that they do not name is absent.

    Raises:
        UsageError: ``MINHU_SOURCES`` names a source that there is not.
    """
    for name in settings.sources:
        source(name)
    addresses = {found.name: settings.source_address(found.name, found.endpoint) for found in sources()}
    return {name: Endpoint(address, token) for name, (address, token) in addresses.items() if address is not None}
