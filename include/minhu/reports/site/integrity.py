"""What stands beside the rates of a unit: integrity indicators, and on-time closing adjusted for its mix."""

from __future__ import annotations

from datetime import date

from minhu.reports.site.reading import Row, Tables


def _last_month(tables: Tables, table: str, today: date) -> date | None:
    found = tables.tuples(f"select max(month_start) from {table} where last_day(month_start) <= $today", today=today)  # noqa: S608
    return found[0][0] if found else None


def companions(tables: Tables, today: date) -> dict[tuple[str, str], list[Row]]:
    """Integrity indicators of the last finished month by level and code; one that is not shown has no figure."""
    found: dict[tuple[str, str], list[Row]] = {}
    if not tables.has("integrity_companions"):
        return found
    for row in tables.of(
        "integrity_companions", "unit_type, unit_code, companion",
        f"month_start = date '{_last_month(tables, 'integrity_companions', today) or date.min}'",
        companion="varchar", unit_type="varchar", unit_code="varchar", month_start="date", denominator="double", value="double",
        value_low="double", value_high="double", is_shown="boolean", rule_id="varchar", reason="varchar",
    ):  # fmt: skip
        if not row["is_shown"]:
            row |= {"value": None, "value_low": None, "value_high": None, "denominator": None}
        found.setdefault((row["unit_type"], row["unit_code"]), []).append(row)
    return found


def standardised(tables: Tables, today: date) -> dict[tuple[str, str], Row]:
    """Orders not on time against what a unit's mix gives, of the last finished month by level and code."""
    if not tables.has("standardised_on_time"):
        return {}
    return {
        (row["unit_type"], row["unit_code"]): row
        for row in tables.of(
            "standardised_on_time", "unit_type, unit_code",
            f"month_start = date '{_last_month(tables, 'standardised_on_time', today) or date.min}'",
            month_start="date", unit_type="varchar", unit_code="varchar", missed_ratio="double", missed_ratio_low="double",
            missed_ratio_high="double", due_count="bigint",
        )
    }  # fmt: skip
