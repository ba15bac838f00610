"""The known truth of deadlines by rule: one order after another on a list of working days, without any SQL.

Definitions: seeds ``deadline_rules`` and ``calendar_exceptions``. A pause helps if it begins before the deadline as the
pauses before it have moved it; while an order is suspended the paused clock names no deadline.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import pandas as pd

from minhu.simulator.city.geography import REFERENCE_DIR

OPENS, MINUTES = time(9), 480
_SEEDS: Path = REFERENCE_DIR.parent


@lru_cache(maxsize=1)
def _workdays() -> list[date]:
    with (_SEEDS / "calendar_exceptions.csv").open(encoding="utf-8", newline="") as file:
        exceptions = {date.fromisoformat(row["day"]): row["is_workday"] == "true" for row in csv.DictReader(file)}
    every_day = (date(2000, 1, 1) + timedelta(days=offset) for offset in range(366 * 40))
    return [day for day in every_day if exceptions.get(day, day.weekday() < 5)]


@lru_cache(maxsize=1)
def _rules() -> list[dict[str, str]]:
    with (_SEEDS / "deadline_rules.csv").open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda rule: rule["category_code"], reverse=True)


def rule_deadlines(orders: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Deadlines of ``orders`` by both clocks: ``order_id``, ``rule_unpaused_due_at``, ``rule_paused_due_at``, local."""
    pauses = _pauses(events)
    found = []
    for order_id, created_at, tier, category in zip(
        orders["order_id"],
        orders["created_at"].dt.to_pydatetime(),
        orders["tier"],
        orders["category_code"],
        strict=True,
    ):
        rule = next(r for r in _rules() if r["tier"] == tier and r["category_code"] in ("", category))
        in_days = rule["clock"] == "working_days"
        end = _position(created_at, in_days) + int(rule["amount"]) * (1 if in_days else 60)
        found.append(
            {
                "order_id": order_id,
                "rule_unpaused_due_at": _moment(end, in_days),
                "rule_paused_due_at": _extended(end, pauses.get(order_id, []), in_days),
            }
        )
    frame = pd.DataFrame(found, columns=["order_id", "rule_unpaused_due_at", "rule_paused_due_at"])
    return frame.astype({"rule_unpaused_due_at": "datetime64[s]", "rule_paused_due_at": "datetime64[s]"})


def _pauses(events: pd.DataFrame) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """Suspensions and granted deferrals of each order, in order of their beginning."""
    found: dict[str, list[tuple[datetime, datetime | None]]] = {}
    steps = events[events["event_type"].isin(["suspend", "resume", "defer_grant", "close"])]
    for order_id, life in steps.sort_values(["occurred_at", "event_id"]).groupby("order_id"):
        kinds, moments = life["event_type"].tolist(), life["occurred_at"].dt.to_pydatetime().tolist()
        values = list(zip(life["from_value"], life["to_value"], strict=True))
        spans: list[tuple[datetime, datetime | None]] = []
        for place, kind in enumerate(kinds):
            if kind == "suspend":
                ends = [
                    m for m, k in zip(moments, kinds, strict=True) if k in ("resume", "close") and m > moments[place]
                ]
                spans.append((moments[place], min(ends, default=None)))
            elif kind == "defer_grant":
                before, after = values[place]
                spans.append((datetime.fromisoformat(before), datetime.fromisoformat(after)))
        found[str(order_id)] = sorted((s for s in spans if s[1] is None or s[0] < s[1]), key=lambda span: span[0])
    return found


def _extended(end: int, pauses: list[tuple[datetime, datetime | None]], in_days: bool) -> datetime | None:
    covered = datetime.min  # noqa: DTZ901  local times without offset
    for begin, finish in pauses:
        start = max(begin, covered)
        if finish is not None and start >= finish:
            continue
        if start >= _moment(end, in_days):
            break
        if finish is None:
            return None
        end += _position(finish, in_days) - _position(start, in_days)
        covered = finish
    return _moment(end, in_days)


def _position(moment: datetime, in_days: bool) -> int:
    """Working days begun, or working minutes passed, up to a moment."""
    days = _workdays()
    begun = bisect_right(days, moment.date())
    if in_days:
        return begun
    if not begun or days[begun - 1] != moment.date():
        return begun * MINUTES
    since = (moment.hour - OPENS.hour) * 60 + moment.minute - OPENS.minute
    return (begun - 1) * MINUTES + min(max(since, 0), MINUTES)


def _moment(position: int, in_days: bool) -> datetime:
    number = position if in_days else -(-position // MINUTES)
    day = _workdays()[number - 1]
    if in_days:
        return datetime.combine(day, time(23, 59, 59))
    return datetime.combine(day, OPENS) + timedelta(minutes=position - (number - 1) * MINUTES)
