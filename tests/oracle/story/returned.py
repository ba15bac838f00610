"""Workbooks of departments: months, quarters, half-years and years, some sent again with other rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracle.deliveries import WORKBOOK
from tests.oracle.story import COMMUNITIES, DISTRICTS, NIGHTS, STREETS, UNITS, ToldCity

Lines = Iterator[tuple[str, dict[str, Any]]]
MONTHS = {"2026-10": (date(2026, 10, 1), date(2026, 10, 31)), "2026-11": (date(2026, 11, 1), date(2026, 11, 30))}
DECEMBER = {"2026-12": (date(2026, 12, 1), date(2026, 12, 31))}
DOMAINS = ("education", "medical", "transport", "housing", "employment", "environment")
YEAR = date(2026, 1, 1)


def tell(rng: Random, city: ToldCity, night: date) -> None:
    """October and November first; November again, with other rows; then December."""
    reports = {NIGHTS[0]: MONTHS, NIGHTS[1]: {"2026-11": MONTHS["2026-11"]}, NIGHTS[3]: DECEMBER}.get(night, {})
    if night == NIGHTS[2]:  # October's is mended in its folder: the same day, fewer rows
        _send(rng, city, NIGHTS[0], "双报到", "2026-10", *MONTHS["2026-10"], left_out=12)
    for period, (first, last) in reports.items():
        for workbook in dict.fromkeys(WORKBOOK.values()):
            if workbook != "公众满意度":
                _send(rng, city, night, workbook, period, first, last)
    if night == NIGHTS[0]:
        _send(rng, city, night, "公众满意度", "2025H2", date(2025, 7, 1), date(2025, 12, 31))
    if night in (NIGHTS[0], NIGHTS[3]):
        _send(rng, city, night, "公众满意度", "2026H2", date(2026, 7, 1), date(2026, 12, 31))


def _send(
    rng: Random, city: ToldCity, night: date, workbook: str, period: str, first: date, last: date, left_out: int = 0
) -> None:
    rows = list(SHEETS[workbook](rng, first, last))[left_out:]
    city.add(
        "returns.deliveries", delivered_on=night, workbook=workbook, report_period=period, report_from=first, report_to=last,
        digest=f"{workbook}{period}{night}{left_out}", row_count=len(rows),
    )  # fmt: skip
    for number, (sheet, values) in enumerate(rows, start=3):
        city.add(f"returns.{sheet}", delivered_on=night, report_period=period, row_number=number, **values)


def _day(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def _maybe(rng: Random, first: date, last: date) -> date | None:
    return _day(rng, first, last) if rng.random() < 0.75 else None


def _parties(rng: Random, first: date, last: date) -> Lines:
    quarter = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    for number in range(12):
        community = COMMUNITIES[number % len(COMMUNITIES)]
        yield "studios", {
            "studio_code": f"st{number}", "community_code": community, "quarter_start": quarter,
            "reception_count": rng.randrange(3),
        }  # fmt: skip
    for number in range(20):
        assigned = _day(rng, first, last)
        due = assigned + timedelta(days=rng.randrange(5, 40))
        answered = _maybe(rng, assigned, max(assigned, last))
        yield "proposals", {
            "proposal_code": f"pr{number % 15}-{first.month if number < 10 else 0}", "proposal_kind": "proposal",
            "unit_code": rng.choice(UNITS), "assigned_on": assigned, "due_on": due, "answered_on": answered,
        }  # fmt: skip
    yield "consultations", {
        "consultation_code": "co-more-than-all", "consultation_kind": "survey", "street_code": "d1001", "held_on": first,
        "conclusion_count": 2, "task_count": 3,
    }  # fmt: skip
    for number in range(15):
        conclusions = rng.randrange(1, 6)
        yield "consultations", {
            "consultation_code": f"co{number}-{first.month}", "consultation_kind": rng.choice(("micro_consultation", "survey")),
            "street_code": rng.choice(list(STREETS)), "held_on": _day(rng, first, last), "conclusion_count": conclusions,
            "task_count": rng.randrange(conclusions + 1),
        }  # fmt: skip
    yield "opinions", {"opinion_code": None, "street_code": "d1001", "received_on": first}
    for number in range(25):
        received = _day(rng, first, last)
        told = _maybe(rng, received, last)
        yield "opinions", {
            "opinion_code": f"op{number}-{first.month if number < 15 else 0}", "street_code": rng.choice(list(STREETS)),
            "received_on": received, "has_outcome": told is not None or rng.random() < 0.3, "told_on": told,
        }  # fmt: skip


def _checkins(rng: Random, first: date, last: date) -> Lines:
    for street in (None, "nowhere"):
        yield "checkin_members", {"street_code": street, "obliged_count": 9, "checked_in_count": 5}
    for street in STREETS:
        for number in range(3):
            obliged = rng.randrange(1, 4)
            yield "checkin_units", {
                "party_unit_code": f"pu-{street}-{number}", "street_code": street, "obliged_count": obliged,
                "checked_in_count": rng.randrange(obliged + 1),
            }  # fmt: skip
        yield "checkin_members", {
            "street_code": street, "obliged_count": 60, "checked_in_count": rng.randrange(20, 61),
        }  # fmt: skip
        count = rng.randrange(20, 40)
        yield "checkin_feedback", {
            "street_code": street, "checkin_count": count, "community_report_count": rng.randrange(count + 1),
            "unit_report_count": rng.randrange(count + 1),
        }  # fmt: skip
    for number in range(25):
        posted = _day(rng, first, last)
        matched = _maybe(rng, posted, last)
        done = _maybe(rng, matched, last) if matched else None
        yield "needs", {
            "need_code": f"ne{number}-{first.month if number < 15 else 0}", "community_code": rng.choice(COMMUNITIES),
            "posted_on": posted, "matched_on": matched, "done_on": done,
        }  # fmt: skip


def _departments(rng: Random, first: date, last: date) -> Lines:
    quarter = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    for number in range(20):
        called = _day(rng, first, last)
        hour = rng.randrange(8, 18)
        arrived = f"{called} {hour:02}:{rng.randrange(10, 60)}" if rng.random() < 0.8 else None
        required = called + timedelta(days=rng.choice((0, 0, 1, 20)))
        yield "department_calls", {
            "call_code": f"ca{number}-{first.month}", "street_code": rng.choice(list(STREETS)), "unit_code": rng.choice(UNITS),
            "called_at": f"{called} {hour:02}:00", "required_at": f"{required} {hour:02}:30", "arrived_at": arrived,
        }  # fmt: skip
    for street in list(STREETS)[:3]:
        for unit in UNITS:
            if (street, unit) != ("d2001", "u1"):
                score = 100.0 if street == "d1001" and first.month == 12 else float(rng.randrange(60, 101))
                yield "department_ratings", {
                    "quarter_start": quarter, "street_code": street, "unit_code": unit, "score": score,
                }  # fmt: skip


def _meetings(rng: Random, first: date, last: date) -> Lines:
    for number in range(5):
        code = f"me{number}-{first.month}"
        held = _day(rng, first, last)
        yield "meetings", {
            "meeting_code": code, "street_code": list(STREETS)[number % 3], "held_on": held, "has_minutes": rng.random() < 0.6,
        }  # fmt: skip
        for item in range(4):
            due = held + timedelta(days=rng.randrange(3, 30))
            done = _maybe(rng, held, max(held, last))
            yield "meeting_decisions", {
                "decision_code": f"{code}-{item}", "meeting_code": code, "due_on": due, "done_on": done,
            }  # fmt: skip
    for number in range(14):
        started = _day(rng, first, last)
        settled = started + timedelta(days=rng.randrange(1, 20))
        yield "disputes", {
            "order_id": f"o{number + 20 * (first.month % 3):03}", "started_at": f"{started} 09:00",
            "settled_at": f"{settled} 15:00" if settled <= last and rng.random() < 0.9 else None,
        }  # fmt: skip


def _workers(rng: Random, first: date, last: date) -> Lines:
    for street in STREETS:
        for kind, grade in (("head", 18), ("deputy", 12), ("full_time", 3), ("full_time", 7)):
            workers = rng.randrange(3, 20)
            yield "posts", {
                "district_code": street[:2], "street_code": street, "post_kind": kind, "grade": grade, "worker_count": workers,
                "graduate_count": rng.randrange(workers + 1), "left_count": rng.randrange(4),
                "promoted_count": 0 if grade == 18 else rng.randrange(workers + 1), "recruited_count": rng.randrange(4),
            }  # fmt: skip


def _benchmarks(rng: Random, first: date, last: date) -> Lines:
    groups = ("organisation", "service", "self_government", "governance", "support")
    for community in COMMUNITIES[:4]:
        for number in range(1, 32):
            yield "benchmark_checks", {
                "year_start": YEAR, "community_code": community, "check_group": groups[number % 5], "indicator_number": number,
                "is_passed": rng.random() < 0.8,
            }  # fmt: skip
        yield "benchmarks", {
            "community_code": community, "named_year_start": date(2024, 1, 1),
            "rechecked_year_start": rng.choice((YEAR, date(2025, 1, 1), None)), "is_retained": rng.random() < 0.7,
        }  # fmt: skip


def _projects(rng: Random, first: date, last: date) -> Lines:
    for number, kind in enumerate(("school", "school_place", "compound", "alley", "road", "cable") * 3):
        planned = float(rng.randrange(1, 50))
        yield "projects", {
            "project_code": f"pj{number}", "project_kind": kind, "district_code": DISTRICTS[number % 2], "year_start": YEAR,
            "planned_amount": planned, "done_amount": planned * rng.choice((0.5, 1.0, 1.25)), "measure_unit": "piece",
            "accepted_on": _maybe(rng, first, last),
        }  # fmt: skip
    for community in COMMUNITIES[:5]:
        for kind in ("operations", "activity_month", "upgrade_award"):
            budget = float(rng.choice((150_000, 200_000, 250_000)))
            for year in (YEAR, date(2025, 1, 1)):
                yield "funds", {
                    "year_start": year, "fund_kind": kind, "district_code": community[:2], "community_code": community,
                    "budget_yuan": budget, "paid_yuan": budget * rng.choice((0.25, 0.5, 1.0)),
                }  # fmt: skip


def _survey(rng: Random, first: date, last: date) -> Lines:
    for district in DISTRICTS:
        for domain in DOMAINS:
            valid = rng.randrange(100, 300)
            yield "survey_waves", {
                "half_year_start": first, "domain": domain, "district_code": district, "contacted_count": valid + 50,
                "valid_count": valid, "mean_score": 80.0, "score_deviation": 10.0,
                "satisfied_count": rng.randrange(valid // 2, valid + 1),
            }  # fmt: skip


SHEETS = {
    "两代表一委员": _parties, "双报到": _checkins, "街镇考评部门": _departments, "党建联席会": _meetings, "社区工作者": _workers,
    "五化标杆": _benchmarks, "民生实事": _projects, "公众满意度": _survey,
}  # fmt: skip
