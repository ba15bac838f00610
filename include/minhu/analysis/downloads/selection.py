"""Which cells of a release are exported, in an order that does not depend on the files they lie in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from minhu.analysis.query import offered_release
from minhu.errors import UsageError
from minhu.release import published_contract
from minhu.settings import Settings

#: Cells with the names of their KPI, whether they were restated, and whether their series breaks within their period.
#: In the order of levels and kinds of periods as readers are told them.
_CELLS = """
select
    cells.kpi_id, cells.variant, kpis.name_zh, kpis.name_en, kpis.kpi_name, kpis.unit, kpis.direction, cells.unit_type,
    cells.unit_code, cells.unit_name, cells.period_type, cells.period_start, cells.period_end, cells.caliber, cells.numerator,
    cells.denominator, cells.value, cells.ci_low, cells.ci_high, cells.verdict, cells.rule_id, cells.reason,
    cells.is_provisional, cells.is_stale,
    exists (
        from {restatements} as log
        where
            log.kpi_id = cells.kpi_id and log.variant = cells.variant and log.unit_type = cells.unit_type
            and log.unit_code = cells.unit_code and log.period_type = cells.period_type
            and log.period_start = cells.period_start and log.caliber = cells.caliber
    ) as is_restated,
    exists (
        from {versions} as versions
        where
            versions.kpi_id = cells.kpi_id and versions.variant = cells.variant and versions.is_break
            and versions.valid_from between cells.period_start and cells.period_end
    ) as is_break_in_series,
    cells.as_of, cells.contract_version, cells.release_id
from kpi_results as cells
inner join {names} as kpis using (kpi_id, variant)
where
    (len($kpis) = 0 or list_contains($kpis, cells.kpi_id))
    and (len($periods) = 0 or list_contains($periods, cells.period_type))
    and (len($levels) = 0 or list_contains($levels, cells.unit_type))
    and (len($calibers) = 0 or list_contains($calibers, cells.caliber))
    and cells.period_start >= $first and cells.period_start <= $last
order by
    cells.kpi_id, cells.variant, list_position($all_levels, cells.unit_type), cells.unit_code,
    list_position($all_periods, cells.period_type), cells.period_start, cells.caliber
"""
#: What a release says of its KPIs that was made before they had names in English.
_WITHOUT_NAMES = "(select *, cast(null as varchar) as name_en from kpi_contract)"
#: Tables that a release may lack (one before the first change, one of an earlier contract), with the columns asked for.
_MAY_LACK = {
    "restatements": ("kpi_restatements", "kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber"),
    "versions": ("kpi_contract_versions", "kpi_id, variant, valid_from, is_break"),
}


@dataclass(frozen=True)
class Selection:
    """What is asked for; an empty list asks for all.

    Attributes:
        kpis: ids of KPIs, all their variants.
        first, last: a month (``2026-10``) or a day (``2026-10-05``); a period belongs to it by its first day. None is open.
        periods: kinds of periods, as ``period_type`` has them.
        levels: levels, as ``unit_type`` has them.
        calibers: full, assessed.
    """

    kpis: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    periods: tuple[str, ...] = ("month",)
    levels: tuple[str, ...] = ()
    calibers: tuple[str, ...] = ()


def select_cells(settings: Settings, selection: Selection, release_id: str | None = None) -> pa.Table:
    """The cells that were asked for.

    Args:
        settings: of the city.
        selection: what is asked for.
        release_id: of the release; None is the current one.

    Raises:
        UsageError: a word that no cell can have, or no cell; the message names the words there are.
    """
    codes = published_contract.load(settings.dbt_dir).codes
    levels, periods, calibers = (list(codes[name].words) for name in ("unit_type", "period_type", "caliber"))
    for option, given, known in (
        ("--level", selection.levels, levels),
        ("--period", selection.periods, periods),
        ("--caliber", selection.calibers, calibers),
    ):
        unknown = [word for word in given if word not in known]
        if unknown:
            raise UsageError(
                "export cells", f"expected {option} of {', '.join(known)}, found {', '.join(unknown)}", "correct it"
            )
    asked = {
        "kpis": list(selection.kpis), "periods": list(selection.periods), "levels": list(selection.levels),
        "calibers": list(selection.calibers), "first": days(selection)[0], "last": days(selection)[1],
        "all_levels": levels, "all_periods": periods,
    }  # fmt: skip
    with offered_release(settings, release_id) as engine:
        known = [kpi for (kpi,) in engine.execute("select distinct kpi_id from kpi_contract order by 1").fetchall()]
        unknown = [kpi for kpi in selection.kpis if kpi not in known]
        if unknown:
            raise UsageError(
                "export cells", f"no KPI is called {', '.join(unknown)}", f"the KPIs are {', '.join(known)}"
            )
        cells = engine.execute(_CELLS.format(**_there_or_empty(engine)), asked).to_arrow_table()
    if not cells.num_rows:
        raise UsageError(
            "export cells", "no cell of the release is asked for",
            "ask for more: --from, --to, --period (month is the default), --level, --caliber",
        )  # fmt: skip
    return cells


def days(selection: Selection) -> tuple[date, date]:
    """The first and the last day that are asked for.

    Raises:
        UsageError: one is no day and no month.
    """
    return _day(selection.first, "--from", False), _day(selection.last, "--to", True)


def _there_or_empty(engine: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A relation for each of the tables that a release may lack."""
    tables = {name for (name,) in engine.execute("select view_name from duckdb_views() where not internal").fetchall()}
    has_names = engine.execute(
        "select count(*) from duckdb_columns() where table_name = 'kpi_contract' and column_name = 'name_en'"
    ).fetchall()[0][0]
    return {"names": "kpi_contract" if has_names else _WITHOUT_NAMES} | {
        name: table
        if table in tables
        else f"(select {', '.join(f'null as {c}' for c in columns.split(', '))} where false)"
        for name, (table, columns) in _MAY_LACK.items()
    }


def _day(text: str | None, option: str, is_last: bool) -> date:
    if text is None:
        return date.max if is_last else date.min
    try:
        if re.fullmatch(r"\d{4}-\d\d", text):
            year, month = map(int, text.split("-"))
            following = date(year + month // 12, month % 12 + 1, 1)
            return date.fromordinal(following.toordinal() - 1) if is_last else date(year, month, 1)
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "export cells", f"expected {option} as YYYY-MM or YYYY-MM-DD, found {text!r}", "correct it"
        ) from error
