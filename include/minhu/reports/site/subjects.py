"""What the site is about: KPIs and the units they are published for, with their names and the addresses of their pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from minhu.reports.presentation.names import name_of_kpi
from minhu.reports.presentation.values import Words
from minhu.reports.site.reading import Row, Tables

#: Which kind of period stands for a KPI: the first of these for which it is published.
PERIODS = ("month", "quarter", "half_year", "year", "assessment_month", "week", "day")
#: Levels that have pages, from the city down. Grids and service points have no names in a release.
LEVELS = ("city", "district", "street", "community", "unit")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Kpi:
    """A KPI by its main variant, or the first of its variants where none is the main one.

    Attributes:
        period_type: kind of period that stands for it on the site.
        contract: the row of the contract.
        variants: rows of all its variants, in order of variant.
    """

    kpi_id: str
    variant: str
    name: Words
    unit: str
    direction: str
    period_type: str
    contract: Row
    variants: Sequence[Row]

    @property
    def group(self) -> str:
        return self.kpi_id[:1]

    @property
    def reading_order(self) -> tuple[bool, bool, str]:
        """The hotline first, then what the systems say of one another, then the others."""
        return self.group != "H", self.group != "X", self.kpi_id

    @property
    def address(self) -> str:
        return f"kpi/{slug(self.kpi_id)}.html"


@dataclass(frozen=True)
class Unit:
    """A unit that has a page.

    Attributes:
        parent: code of the place or unit above it, "" for none.
        is_gone: no register of the release has it any more; only its past figures are there.
        kind: of a responsible unit, as its register has it; "" for a place.
        note: what else is known of it, for people.
    """

    unit_type: str
    code: str
    name: str
    parent: str
    address: str
    is_gone: bool = False
    kind: str = ""
    note: Words | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.unit_type, self.code


def name_of_scheme(row: Row) -> Words:
    """What a scheme of assessment is called, by one of its published rows."""
    return Words(row["scheme_zh"] or row["scheme"], str(row["scheme"]).replace("_", " "))


def read_kpis(tables: Tables) -> list[Kpi]:
    """KPIs in the order in which they are read, see :attr:`Kpi.reading_order`."""
    by_id: defaultdict[str, list[Row]] = defaultdict(list)
    for row in tables.of(
        "kpi_contract", "kpi_id, variant",
        kpi_id="varchar", variant="varchar", kpi_name="varchar", name_zh="varchar", name_en="varchar", unit="varchar", direction="varchar",
        levels="varchar", periods="varchar", numerator="varchar", denominator="varchar", interval_method="varchar",
        suppress_below="integer", band_below="integer", settle_days="integer", source="varchar", is_optional="boolean",
        owner_zh="varchar", standard="varchar", contract_version="varchar", description="varchar", description_zh="varchar",
    ):  # fmt: skip
        by_id[row["kpi_id"]].append(row)
    found = []
    for kpi_id, variants in sorted(by_id.items()):
        head = next((row for row in variants if row["variant"] == "main"), variants[0])
        kinds = {word.split("/")[-1] for word in str(head["periods"]).split()}
        found.append(
            Kpi(
                kpi_id,
                head["variant"],
                name_of_kpi(head),
                head["unit"],
                head["direction"],
                next((kind for kind in PERIODS if kind in kinds), "month"),
                head,
                variants,
            )
        )
    return sorted(found, key=lambda kpi: kpi.reading_order)


def read_units(tables: Tables, named: Mapping[tuple[str, str], str]) -> list[Unit]:
    """Units of :data:`LEVELS` that have figures, in order of level and code.

    Args:
        tables: of the release.
        named: level and code of the units that have figures, with their names there.
    """
    register: dict[tuple[str, str], Row] = {}
    for row in tables.of(
        "dim_places", "place_code", place_code="varchar", place_name="varchar", place_level="varchar",
        parent_code="varchar", resident_count="bigint", valid_to="date", successor_code="varchar",
    ):  # fmt: skip
        register[row["place_level"], row["place_code"]] = {
            **row,
            "name": row["place_name"],
            "parent": row["parent_code"],
        }
    for row in tables.of(
        "dim_units", "unit_code", unit_code="varchar", unit_name="varchar", unit_kind="varchar", place_code="varchar",
        parent_code="varchar", valid_to="date",
    ):  # fmt: skip
        register["unit", row["unit_code"]] = {**row, "name": row["unit_name"], "parent": row["place_code"]}
    keys = sorted((key for key in named if key[0] in LEVELS), key=lambda key: (LEVELS.index(key[0]), key[1]))
    addresses = _addresses(keys)
    return [
        Unit(
            *key,
            name=str((register.get(key) or {}).get("name") or named[key] or key[1]),
            parent=str((register.get(key) or {}).get("parent") or ""),
            address=addresses[key],
            is_gone=key not in register or register[key]["valid_to"] is not None,
            kind=str((register.get(key) or {}).get("unit_kind") or ""),
            note=_note(register.get(key)),
        )
        for key in keys
    ]


def slug(code: str) -> str:
    """A code as the name of a file; one that is no plain word is named by its digest."""
    return code if _PLAIN.fullmatch(code) else "x" + sha256(code.encode()).hexdigest()[:16]


def _addresses(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """File names that differ also where upper and lower case are one, and where two levels share a code."""
    same: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for key in keys:
        same[slug(key[1]).casefold()].append(key)
    return {
        key: f"unit/{slug(key[1])}.html" if len(group) == 1 else f"unit/{slug('/'.join(key))}.html"
        for group in same.values()
        for key in group
    }


def _note(row: Row | None) -> Words | None:
    if row is None:
        return Words("名录中已无此对象，仅保留其历史数值", "no longer in any register; only its past figures are here")
    if row["valid_to"] is not None:
        to = row.get("successor_code")
        return Words(
            f"{row['valid_to']} 起已撤销" + (f"，并入 {to}" if to else ""),
            f"dissolved on {row['valid_to']}" + (f", merged into {to}" if to else ""),
        )
    if row.get("resident_count"):
        return Words(f"常住人口 {row['resident_count']:,}", f"{row['resident_count']:,} residents")
    return None
