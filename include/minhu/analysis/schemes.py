"""The scheme laboratory: what another 考评方案, or another first day of the assessment month, would have made of a month."""

from __future__ import annotations

import re
from datetime import date, timedelta

import duckdb
import jinja2
import pyarrow as pa

from minhu.analysis.query import offered_release
from minhu.errors import UsageError
from minhu.settings import Settings
from minhu.warehouse.work_file import connect, require_records

LEVELS = ("district", "street", "unit")
CALIBERS = ("full", "assessed")
#: How far the first day of the assessment month is moved, in days.
SHIFTS = tuple(range(-3, 4))


def compare(
    settings: Settings, first: str, second: str, period: str, level: str = "district", caliber: str = "assessed"
) -> pa.Table:
    """Scores and possible ranks of the units of a level under two schemes in one month, and the rule that moved each most.

    Scores and ranks are the published ones: a rank is the span that the bounds of the scores leave open, among peers. Every
    unit is listed; one without a rank says under which scheme and why. ``moved`` is ``up`` or ``down`` only where the two
    spans of ranks do not meet. A rule moves a unit by the change of its points less the mean change of all units that have
    both scores: what all gain or lose alike moves nobody.

    Args:
        settings: of the city; its current release is read.
        first, second: names of schemes.
        period: a month as ``2026-10``.
        level: ``district``, ``street`` or ``unit``.
        caliber: ``assessed`` or ``full``.

    Raises:
        UsageError: unknown scheme, level, caliber or month, or nothing to compare.
    """
    month = _month(period)
    _known("level", level, LEVELS)
    _known("caliber", caliber, CALIBERS)
    with offered_release(settings) as engine:
        for scheme in (first, second):
            _known_scheme(engine, "schemes", scheme)
        rows = engine.execute(
            f"""
            with scores as (
                select * from scheme_scores
                where period_type = 'month' and period_start = $month and unit_type = $level and caliber = $caliber
            ),
            a as (select * from scores where scheme = $first),
            b as (select * from scores where scheme = $second),
            beside as (
                select coalesce(a.unit_code, b.unit_code) as unit_code, coalesce(a.unit_name, b.unit_name) as unit_name,
                    coalesce(a.peer_group, b.peer_group) as peer_group,
                    a.score as score_a, a.rank_best as best_a, a.rank_worst as worst_a,
                    b.score as score_b, b.rank_best as best_b, b.rank_worst as worst_b,
                    concat_ws('; ', {_unranked("a", "$first")}, {_unranked("b", "$second")}) as not_ranked
                from a full join b on a.unit_code = b.unit_code
            ),
            pointed as (
                select schemes.scheme, schemes.kpi_id, rates.unit_code, {_points("rates.value")} as points
                from kpi_results as rates
                inner join schemes
                    on rates.kpi_id = schemes.kpi_id and rates.variant = schemes.variant
                    and list_contains(string_split(schemes.applies_to, ' '), rates.unit_type)
                    and rates.period_start >= schemes.valid_from
                    and (schemes.valid_to is null or rates.period_start < schemes.valid_to)
                inner join kpi_contract as contract
                    on rates.kpi_id = contract.kpi_id and rates.variant = contract.variant
                where rates.period_type = 'month' and rates.caliber = $caliber and rates.period_start = $month
                    and rates.unit_type = $level and schemes.scheme in ($first, $second)
                    and rates.unit_code in (
                        select unit_code from beside where score_a is not null and score_b is not null
                    )
            ),
            changes as (
                select kpi_id, unit_code, sum(case when scheme = $second then points else -points end) as change
                from pointed group by kpi_id, unit_code
            ),
            relative as (
                select kpi_id, unit_code, change - avg(change) over (partition by kpi_id) as change from changes
            ),
            movers as (
                select *, row_number() over (partition by unit_code order by round(abs(change), 6) desc, kpi_id) as place
                from relative
            )
            select beside.unit_code, unit_name, $caliber as caliber, peer_group, round(score_a, 2) as score_a,
                {_span("a")} as ranks_a, round(score_b, 2) as score_b, {_span("b")} as ranks_b,
                case when worst_b < best_a then 'up' when best_b > worst_a then 'down'
                    when best_a is not null and best_b is not null then 'not surely' end as moved,
                movers.kpi_id as moved_by, round(movers.change, 2) as moved_points, not_ranked
            from beside left join movers on beside.unit_code = movers.unit_code and movers.place = 1
            order by peer_group nulls last, best_b nulls last, worst_b, beside.unit_code
            """,  # noqa: S608  no value of a user stands in the text
            {"month": month, "level": level, "first": first, "second": second, "caliber": caliber},
        ).to_arrow_table()
    if not any(row["score_a"] is not None and row["score_b"] is not None for row in rows.to_pylist()):
        raise UsageError(
            f"compare {first} and {second} in {period}",
            f"no {level} has every component of both schemes published",
            "choose another month or level; `minhu sql` on published.scheme_scores shows what there is",
        )
    return rows


def _span(side: str) -> str:
    """SQL of the ranks that are possible: ``1-4``, or one number where there is no doubt."""
    best, worst = f"best_{side}", f"worst_{side}"
    return f"case when {best} = {worst} then cast({best} as varchar) when {best} < {worst} then concat({best}, '-', {worst}) end"


def _unranked(side: str, scheme: str) -> str:
    """SQL of why a unit has no rank under a scheme; null where it has one."""
    return (
        f"case when {side}.rank_best is null then concat({scheme}, ': ', "
        f"coalesce(nullif(concat_ws(' ', {side}.verdict, nullif({side}.rule_id, '')), ''), 'no score')) end"
    )


def sensitivity(settings: Settings, scheme: str, period: str, level: str = "district") -> pa.Table:
    """Scores and ranks of the assessment month that begins in ``period``, its first day moved by up to three days.

    A rank that depends on where the month is cut says little about the unit. Read from the work file, for a release
    keeps no days below districts; units without every component in every window are left out.

    Args:
        settings: of the city; no build may be running.
        scheme: name of a scheme all of whose KPIs are counted from orders.
        period: the calendar month in which the assessment month begins, as ``2026-10``.
        level: ``district``, ``street`` or ``unit``.

    Raises:
        UsageError: unknown scheme, level or month, nothing to compare, or the models ran on Spark.
    """
    month = _month(period)
    _known("level", level, LEVELS)
    require_records(settings, f"move the month under {scheme}")
    with connect(settings) as engine:
        _known_scheme(engine, "seeds.schemes", scheme)
        rules = engine.execute(
            """select schemes.kpi_id, schemes.variant, contract.numerator, contract.denominator, contract.count_model
               from seeds.schemes inner join seeds.kpi_contract as contract using (kpi_id, variant)
               where scheme = ? and list_contains(string_split(applies_to, ' '), ?) order by all""",
            [scheme, level],
        ).fetchall()
        strangers = [kpi_id for kpi_id, *_, model in rules if model != "orders"]
        if strangers or not rules:
            raise UsageError(
                f"move the month under {scheme}", f"not counted from orders: {', '.join(strangers) or 'nothing applies'}",
                "choose another scheme or level",
            )  # fmt: skip
        start = date(month.year, month.month, 19)
        rates = " union all ".join(  # the names come from our own seed
            f"select unit_code, shift, '{kpi_id}' as kpi_id, '{variant}' as variant, "  # noqa: S608
            f"cast({numerator} as double) / nullif({denominator}, 0) as value from summed"
            for kpi_id, variant, numerator, denominator, _ in rules
        )
        ends = date(start.year + start.month // 12, start.month % 12 + 1, 18)
        rows = engine.execute(
            f"""
            with shifts as (select unnest({list(SHIFTS)}) as shift),
            summed as (
                select unit_code, shift, {_summed_columns(engine)}
                from assessment.fct_orders_by_day as days inner join shifts
                    on days.day between cast($start as date) + shift and cast($end as date) + shift
                where unit_type = $level and caliber = 'assessed'
                group by unit_code, shift
            ),
            rates as ({rates}),
            scored as (
                select rates.unit_code, rates.shift, sum({_points("rates.value")}) as score
                from rates
                inner join seeds.schemes as schemes on rates.kpi_id = schemes.kpi_id
                    and rates.variant = schemes.variant and schemes.scheme = $scheme
                    and list_contains(string_split(schemes.applies_to, ' '), $level)
                inner join seeds.kpi_contract as contract
                    on rates.kpi_id = contract.kpi_id and rates.variant = contract.variant
                group by rates.unit_code, rates.shift
                having count(rates.value) = {len(rules)}
            ),
            complete as (
                select * from scored where unit_code in (
                    select unit_code from scored group by unit_code having count(*) = {len(SHIFTS)}
                )
            ),
            ranked as (
                select *, rank() over (partition by shift order by round(score, 6) desc) as place from complete
            )
            select unit_code, round(max(case when shift = 0 then score end), 2) as score,
                max(case when shift = 0 then place end) as rank, min(place) as rank_best, max(place) as rank_worst,
                round(max(score) - min(score), 2) as score_span
            from ranked group by unit_code order by rank, unit_code
            """,  # noqa: S608  names come from our own seeds
            {"start": start, "end": ends, "level": level, "scheme": scheme},
        ).to_arrow_table()
    if rows.num_rows == 0:
        raise UsageError(
            f"move the assessment month of {period}", f"no {level} has every component in every window",
            f"choose a month between three days after the first and three before the last ({ends + timedelta(days=3)})",
        )  # fmt: skip
    return rows


def _points(rate: str) -> str:
    """SQL of the points of a rate: the macro that the nightly scores use, so that the two cannot differ."""
    from minhu.settings import PROJECT_ROOT

    macro = (PROJECT_ROOT / "dbt_project" / "macros" / "scheme_points.sql").read_text(encoding="utf-8")
    return jinja2.Template(macro + "{{ scheme_points(rate, 'schemes', 'contract') }}").render(rate=rate).strip()


def _summed_columns(engine: duckdb.DuckDBPyConnection) -> str:
    names = [row[0] for row in engine.execute("describe assessment.fct_orders_by_day").fetchall()]
    return ", ".join(f"sum({name}) as {name}" for name in names if name.endswith("_count"))


def _known_scheme(engine: duckdb.DuckDBPyConnection, table: str, scheme: str) -> None:
    known = [row[0] for row in engine.execute(f"select distinct scheme from {table} order by 1").fetchall()]  # noqa: S608
    if scheme not in known:
        raise UsageError("read a scheme", f"expected one of {', '.join(known)}, found {scheme!r}", "correct the name")


def _known(what: str, value: str, words: tuple[str, ...]) -> None:
    if value not in words:
        raise UsageError(
            f"read the {what}", f"expected one of {', '.join(words)}, found {value!r}", f"correct --{what}"
        )


def _month(period: str) -> date:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise UsageError("read the month", f"expected YYYY-MM, found {period!r}", "correct --period")
    return date.fromisoformat(f"{period}-01")
