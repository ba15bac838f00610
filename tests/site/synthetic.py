"""A release of three years without a night: published tables written from nothing, with figures by a hash of their key.

It has what a grown city has and a small night has not: 36 months, many units, signals, hidden cells of every kind, a KPI
without any shown cell, a unit that vanished, and names nobody should have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import duckdb

from minhu.atomic import json_bytes
from minhu.ledger.chain import Ledger
from minhu.release.release_folder import Release, read_release
from minhu.settings import Settings

NIGHT = date(2026, 11, 20)
#: Names of the first streets: markup, quotes, text that runs from right to left, a formula, a very long one.
HOSTILE = (
    "<script>alert(1)</script>街道", "\"引号\" 'and' &amp; 街道", "\u202eעברית‏ RTL\u202c", "=HYPERLINK(\"x\")+1", "长" * 200,
)  # fmt: skip
#: No cell of it is shown.
WITHOUT_SHOWN = "Z09"
#: It stands in no register.
VANISHED = "610199"
_SEEDED = "hash(kpi_id, unit_type, unit_code, period_start)"


@dataclass(frozen=True)
class Size:
    """How large the city is."""

    districts: int = 3
    streets: int = 4
    units: int = 6
    communities: int = 2
    months: int = 36
    more_kpis: int = 0


FULL = Size(districts=14, streets=7, units=45, communities=12, more_kpis=48)

_KPIS = (
    ("H04", "工单量", "work_order_volume", "count", "context", "none", 0.0),
    ("H06", "按时办结率", "on_time_closure_rate", "share", "up", "wilson", 0.94),
    ("H08", "解决率", "caller_confirmed_resolution_rate", "share", "up", "wilson", 0.86),
    ("H09", "满意率", "caller_satisfaction_rate", "share", "up", "wilson", 0.9),
    ("H10", "三率综合成绩", "three_rate_score", "points", "up", "composed", 0.88),
    ("H12", "重复诉求率", "repeat_request_rate", "share", "down", "wilson", 0.07),
    ("L03", "争议工单协调时长", "dispute_settlement_days", "days", "down", "composed", 0.4),
    ("X02", "办结-解决落差（百分点）", "closure_resolution_gap_pp", "pp", "down", "composed", 0.1),
    (WITHOUT_SHOWN, "<b>从未公布</b>", "never_shown", "share", "up", "wilson", 0.5),
)


def add_synthetic(home: Settings, size: Size = Size(), night: date = NIGHT, has_signals: bool = True) -> Release:
    """Write a release of ``night`` into a home and its ledger. It has no signature."""
    release_id = f"{night.isoformat()}-{'0' * 9}{len(list(home.releases_dir.glob('*'))):x}"
    folder = home.releases_dir / release_id
    folder.mkdir(parents=True)
    with duckdb.connect(":memory:") as db:
        tables = _tables(db, size, night, has_signals)
        files = [_write(db, folder, name, query) for name, query in tables.items()]
    content = {
        "release_id": release_id, "business_date": night.isoformat(), "city": "xian", "stale_sources": ["grid"],
        "as_of": datetime.combine(night, time(16)).isoformat() + "+00:00", "files": files, "content_sha256": "0" * 64,
    }  # fmt: skip
    (folder / "manifest.json").write_bytes(json_bytes(content))
    release = read_release(folder)
    Ledger(home.ledger_path).append("release", release_id, night, release.manifest_sha256)
    return release


def _write(db: duckdb.DuckDBPyConnection, folder: Path, name: str, query: str) -> dict[str, object]:
    db.execute(f"create table {name} as {query}")
    db.execute(f"copy {name} to '{folder / name}.parquet' (format parquet)")
    rows = db.execute(f"select count(*) from {name}").fetchone()
    assert rows is not None
    return {"name": f"{name}.parquet", "sha256": name, "bytes": 1, "rows": rows[0]}


def _places(size: Size) -> list[tuple[str, str, str, str | None]]:
    found: list[tuple[str, str, str, str | None]] = [("610100", "西安市", "city", None)]
    streets = 0
    for d in range(size.districts):
        district = f"6101{d + 1:02d}"
        found.append((district, f"第{d + 1}区", "district", "610100"))
        for s in range(size.streets):
            street = f"{district}{s + 1:03d}"
            name = HOSTILE[streets] if streets < len(HOSTILE) else f"{d + 1}区{s + 1}街道"
            streets += 1
            found.append((street, name, "street", district))
            found += [
                (f"{street}{c + 1:03d}", f"{s + 1}街{c + 1}社区", "community", street) for c in range(size.communities)
            ]
    return found


def _tables(db: duckdb.DuckDBPyConnection, size: Size, night: date, has_signals: bool) -> dict[str, str]:
    kpis: Sequence[tuple[object, ...]] = _KPIS + tuple(
        (f"{'GSRBTWVPQ'[i % 9]}{10 + i}", f"指标{i}", f"kpi_{i}", "share", "up", "wilson", 0.7 + 0.25 * (i % 7) / 7)
        for i in range(size.more_kpis)
    )
    db.execute(
        "create temp table k (kpi_id varchar, name_zh varchar, kpi_name varchar, unit varchar, direction varchar, im varchar, base double)"
    )
    db.executemany("insert into k values (?, ?, ?, ?, ?, ?, ?)", kpis)
    db.execute("create temp table p (code varchar, name varchar, level varchar, parent varchar)")
    db.executemany("insert into p values (?, ?, ?, ?)", _places(size))
    db.executemany(
        "insert into p values (?, ?, 'unit', '610100')", [(f"D{i:02d}", f"市{i}局") for i in range(size.units)]
    )
    db.execute(f"insert into p values ('{VANISHED}', '已不存在的区', 'district', null)")
    months = f"range(date '{night.replace(day=1)}' - to_months({size.months - 1}), date '{night}', interval 1 month)"
    db.execute(f"""
        create temp table c as
        with keyed as (
            select kpi_id, unit, im, base, level as unit_type, code as unit_code, name as unit_name,
                unnest({months})::date as period_start
            from k cross join p where level <> 'community' or kpi_id in ('H06', 'H12')
        ),
        drawn as (
            select *, ({_SEEDED} % 1000) / 1000.0 - 0.5 as noise, {_SEEDED} // 1000 % 100 as dice,
                (hash(unit_code, kpi_id) % 1000) / 1000.0 - 0.5 as own,
                case unit_type when 'city' then 9000 when 'district' then 700 when 'street' then 90 when 'unit' then 240 else 22 end
                * (0.4 + (hash(unit_code) % 100) / 60.0) as n0,
                datediff('month', period_start, date '{night}') as age
            from keyed
        ),
        valued as (
            select *, round(n0 * (1 + noise / 5))::double as n,
                greatest(0.001, least(0.999, base + own * 0.05 + noise * 0.03 + (18 - age) * 0.001
                    - case when unit_type = 'city' and age = 9 then 0.06 else 0 end))::double as share
            from drawn where unit_code <> '{VANISHED}' or age > 5
        )
        select *, case
                when kpi_id = '{WITHOUT_SHOWN}' then case when dice < 50 then 'SUPPRESSED' else 'WITHHELD' end
                when dice < 3 then 'WITHHELD' when dice = 3 then 'NOT_RATED' when unit = 'count' then 'PUBLISHED'
                when n < 20 then 'SUPPRESSED' when n < 40 then 'BAND_ONLY' when dice = 4 then 'PUBLISHED_WITH_NOTE'
                else 'PUBLISHED' end as verdict,
            (case unit when 'count' then n when 'points' then 100 * share when 'days' then 20 * share when 'pp'
                then 100 * share else share end)::double as v,
            1.96::double * sqrt(share * (1 - share) / n) * case unit when 'share' then 1 when 'days' then 20.0 else 100.0 end as w
        from valued
    """)
    shown = "verdict in ('PUBLISHED', 'PUBLISHED_WITH_NOTE', 'BAND_ONLY')"
    cells = f"""
        select kpi_id, 'main' as variant, unit_type, unit_code, unit_name, 'month' as period_type, period_start,
            last_day(period_start) as period_end, caliber, case when {shown} then round(n * share) end as numerator,
            case when unit = 'count' then null else n end as denominator, case when {shown} then v end as value,
            case when {shown} and unit <> 'count' then greatest(v - w, 0) end as ci_low,
            case when {shown} and unit <> 'count' then v + w end as ci_high, verdict,
            case when verdict = 'PUBLISHED' then '' else 'L4-KPI-00' || (1 + dice % 9) end as rule_id,
            case when verdict = 'PUBLISHED' then '' else '原因 <i>' || verdict end as reason,
            unit_type || '_small' as peer_group, case when {shown} then 'typical' end as band, age = 0 as is_provisional,
            false as is_stale
        from c cross join (values ('full'), ('assessed')) as calibers (caliber)
    """
    peers = f"""
        select kpi_id, 'main' as variant, unit_type, unit_code, 'month' as period_type, period_start, 'full' as caliber,
            unit_type || '_small' as peer_group, count(*) over g as peer_count, n as sample_size, v as value,
            'typical' as band, greatest(1, row_number() over r - 3) as rank_best,
            least(count(*) over g, row_number() over r + 3) as rank_worst, row_number() over r as rank_likely,
            greatest(1, row_number() over r - 2) as rank_likely_best, least(count(*) over g, row_number() over r + 2) as rank_likely_worst,
            sum(n * share) over g / sum(n) over g as peer_value, 1.3::double as overdispersion,
            case when unit <> 'share' then null when abs(own) > 0.46 then 'outside_998' else 'inside' end as funnel_position
        from c where {shown} and verdict <> 'BAND_ONLY'
        window g as (partition by kpi_id, unit_type, period_start),
            r as (partition by kpi_id, unit_type, period_start order by v, unit_code)
    """
    changes = f"""
        select b.kpi_id, 'main' as variant, b.unit_type, b.unit_code, 'month' as period_type, b.period_start, 'full' as caliber,
            comparison, 'calendar' as aligned_by, a.period_start as compare_from, b.v as value, a.v as value_before,
            b.v - a.v as change, b.v - a.v - b.w - a.w as change_low, b.v - a.v + b.w + a.w as change_high,
            case when b.v - a.v > b.w + a.w then 'better' else 'no_clear_change' end as trend, false as is_break_in_series
        from c as a inner join c as b using (kpi_id, unit_type, unit_code)
        inner join (values ('previous', 1), ('last_year', 12)) as back (comparison, months) on a.age = b.age + months
        where a.{shown} and b.{shown}
    """
    signals = f"""
        select kpi_id, 'main' as variant, unit_type, unit_code, 'month' as period_type, period_start, 'full' as caliber, v as value,
            avg(v) over u as mean_value, avg(v) over u - 2 * stddev(v) over u as lower_limit,
            avg(v) over u + 2 * stddev(v) over u as upper_limit, min(period_start) over u as baseline_start, 12 as baseline_months,
            case when abs(v - avg(v) over u) > 2 * stddev(v) over u then 'outside' else 'none' end as signal,
            case when abs(v - avg(v) over u) > 2 * stddev(v) over u then 'worse' end as signal_direction,
            0.95::double as target, 'sometimes' as assurance
        from c where {shown} and unit_type in ('city', 'district') and age > 0 and unit <> 'count'
        window u as (partition by kpi_id, unit_type, unit_code)
    """
    tables = {
        "kpi_contract": """
            select kpi_id, 'main' as variant, kpi_name, name_zh,
                upper(left(kpi_name, 1)) || replace(substr(kpi_name, 2), '_', ' ') as name_en, unit, direction,
                'city district street unit' as levels,
                'month quarter year' as periods, 'a' as numerator, 'b' as denominator, im as interval_method,
                20 as suppress_below, 40 as band_below, 0 as settle_days, 'hotline' as source, false as is_optional,
                null::varchar as owner_zh, 'GB <T>' as standard, '1.1.0' as contract_version,
                'What it means' as description, '定义' as description_zh from k""",
        "kpi_contract_versions": f"""
            select kpi_id, 'main' as variant, '1.1.0' as contract_version, date '{night.replace(year=night.year - 1)}' as valid_from,
                true as is_break, '以前；现在' as meaning_zh, 'before; now' as meaning_en from k where kpi_id in ('H08', 'H12')""",
        "dim_places": f"""
            select code as place_code, name as place_name, level as place_level, parent as parent_code, 1000 as resident_count,
                null::date as valid_to, null::varchar as successor_code from p where level <> 'unit' and code <> '{VANISHED}'""",
        "dim_units": """
            select code as unit_code, name as unit_name, 'department' as unit_kind, parent as place_code,
                null::varchar as parent_code, null::date as valid_to from p where level = 'unit'""",
        "kpi_results": cells,
        "peer_comparisons": peers,
        "kpi_breakdowns": f"""
            select 'H06' as kpi_id, 'main' as variant, unit_type, unit_code, unit_code || '名' as unit_name, 'month' as period_type,
                period_start, 'full' as caliber, breakdown, value_code, value_name,
                case when verdict = 'PUBLISHED' then 45 end as numerator, n as denominator,
                case when verdict = 'PUBLISHED' then 45 / n end as value,
                case when verdict = 'PUBLISHED' then 0.7 end as ci_low, case when verdict = 'PUBLISHED' then 0.95 end as ci_high,
                verdict, rule_id, is_stale
            from (values
                ('city', '610100', 'category', 'K1', '<i>噪声</i>', 50.0, 'PUBLISHED', '', false),
                ('city', '610100', 'category', 'K2', null, 7.0, 'SUPPRESSED', 'L4-KPI-003', false),
                ('city', '610100', 'category', 'unknown', null, 90.0, 'PUBLISHED', 'L4-KPI-005', true),
                ('district', '610101', 'category', 'K1', '<i>噪声</i>', 60.0, 'PUBLISHED', '', false),
                ('district', '610102', 'category', 'K2', null, 3.0, 'SUPPRESSED', 'L4-KPI-003', false),
                ('city', '610100', 'tier', 'immediate', null, 80.0, 'PUBLISHED', '', false)
            ) as parts (unit_type, unit_code, breakdown, value_code, value_name, n, verdict, rule_id, is_stale)
            cross join (values (date '{night.replace(day=1, month=night.month - 1)}'), (date '2025-01-01')) as months (period_start)""",
        "kpi_changes": changes,
        "schemes": """
            select 'ratio_to_target' as scheme, '比值' as scheme_zh, 'H06' as kpi_id, 'main' as variant, 1::double as weight,
                'ratio_to_target' as transform, 95::double as target, 'city district street unit' as applies_to,
                date '2000-01-01' as valid_from, null::date as valid_to, 'a placeholder' as source,
                '本地暂定' as source_zh""",
        "quality_rules": """
            select 'L4-KPI-00' || i as rule_id, '<rule> ' || i as reason, '规则 <' || i as reason_zh from range(1, 10) as r (i)""",
        "kpi_restatements": f"""
            select date '{night}' as business_date, kpi_id, 'main' as variant, unit_type, unit_code, 'month' as period_type,
                period_start, 'full' as caliber, 'changed' as difference, v - 0.01::double as value_before,
                case when {shown} then v end as value_now,
                'PUBLISHED' as verdict_before, verdict as verdict_now, 'late_rows corrected_rows' as causes
            from c where age = 1 and {_SEEDED} % 17 = 0""",
    }  # fmt: skip
    return tables | ({"kpi_signals": signals} if has_signals else {})
