"""What the KPIs' files are held against, all of it read from files of a checkout: no warehouse, no run of dbt."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import jinja2

from minhu.gate.kpi_contract.counts import Counts, read_counts

KPIS_FOLDER = Path("kpis")
SEEDS_FOLDER = Path("dbt_project") / "seeds"
ANCHORS_MACRO = Path("dbt_project") / "macros" / "anchors.sql"
Grain = tuple[str, str]
#: (kpi_id, variant, version) to the hash of the definition that was written under it.
Recorded = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True)
class Project:
    """What is known beside the KPIs' files.

    Attributes:
        counts: what there is to count.
        grain_periods: (unit type, period type) that exist by default, in order.
        anchors: days by which records of landed tables may be counted, as ``table/anchor``.
        recorded: hashes of the definitions that were written before.
        changelog: text of CHANGELOG.md.
    """

    counts: Counts
    grain_periods: list[Grain]
    anchors: frozenset[str]
    recorded: Recorded
    changelog: str


def read_project(project_root: Path) -> Project:
    return Project(
        read_counts(project_root),
        [(row["unit_type"], row["period_type"]) for row in _seed(project_root, "grain_periods")],
        _anchors((project_root / ANCHORS_MACRO).read_text(encoding="utf-8")),
        {
            (row["kpi_id"], row["variant"], row["contract_version"]): row["definition_sha256"]
            for row in _seed(project_root, "kpi_contract_versions")
        },
        (project_root / "CHANGELOG.md").read_text(encoding="utf-8"),
    )


def seed_path(project_root: Path, seed: str) -> Path:
    return project_root / SEEDS_FOLDER / f"{seed}.csv"


def seed_text(project_root: Path, seed: str) -> str:
    """A seed as it stands, empty where there is none."""
    path = seed_path(project_root, seed)
    return path.read_bytes().decode() if path.exists() else ""


def _seed(project_root: Path, seed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(seed_text(project_root, seed), newline="")))


class _Returned(Exception):
    """dbt's ``return`` of a macro."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _anchors(macros: str) -> frozenset[str]:
    """What the macro ``anchored_tables`` returns, of each table its anchors; it asks nothing of dbt but names of models."""

    def give_back(value: Any) -> NoReturn:
        raise _Returned(value)

    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])
    try:
        environment.from_string(macros + "{{ anchored_tables() }}").render({"ref": str, "return": give_back})
    except _Returned as returned:
        return frozenset(f"{table['table_name']}/{anchor}" for table in returned.value for anchor in table["anchors"])
    raise AssertionError("anchored_tables returned nothing")
