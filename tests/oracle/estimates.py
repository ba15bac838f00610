"""KPIs of returns that are no sums: medians of disputes (L03), rated departments (E02), surveys (Q01, Q02), grades (W02)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import log

from tests.oracle.counts import BOTH, Figure, figures
from tests.oracle.deliveries import last_report, things
from tests.oracle.periods import Period
from tests.oracle.records import City

Estimated = Iterator[tuple[str, str, str, Figure]]
DOMAINS = ("education", "medical", "transport", "housing", "employment", "environment")


@figures("L03")
def days_of_disputes(city: City, period: Period) -> Estimated:
    """Days from the beginning of a dispute over who is responsible to a named owner, over disputes begun in the period:
    Kaplan-Meier median, those still open seen until the end of the report. Counts are the settled and all.

    A dispute lies where its order does. The return knows no scope, so both calibers are the same."""
    orders = {order.order_id: order for order in city.orders}
    groups: dict[tuple[str, str, str], list[tuple[float, bool]]] = defaultdict(list)
    for dispute in things(city, "disputes", lambda line: line.order_id):
        if period.holds(dispute.started_at.date()):
            end_of_report = datetime.combine(dispute.report_to + timedelta(days=1), time())
            end = dispute.settled_at or end_of_report
            seen = ((end - dispute.started_at).total_seconds() / 86_400, dispute.settled_at is not None)
            order = orders.get(dispute.order_id)
            where = order.where if order else {"city": city.places.city}
            for level, code in where.items():
                for caliber in BOTH:
                    groups[level, code, caliber].append(seen)
    for (level, code, caliber), all_seen in groups.items():
        settled = sum(is_settled for _, is_settled in all_seen)
        n = len(all_seen)
        yield level, code, caliber, Figure(settled, n, n, _median(all_seen))


def _median(seen: list[tuple[float, bool]]) -> float | None:
    """The first time at which half or fewer are still without an end; none if that is never reached."""
    left = Fraction(1)
    for moment in sorted({moment for moment, has_ended in seen if has_ended}):
        at_risk = sum(other >= moment for other, _ in seen)
        ended = sum(other == moment and has_ended for other, has_ended in seen)
        left *= 1 - Fraction(ended, at_risk)
        if left <= Fraction(1, 2):
            return moment
    return None


@figures("E02")
def rating_of_departments(city: City, period: Period) -> Estimated:
    """Mean score of a department with the streets' severity removed: score = mean + street + department by least squares,
    read as if every street had rated it. Counts are the scores it got."""
    ratings = {
        (rating.street_code, rating.unit_code): rating.score
        for rating in things(
            city, "department_ratings", lambda row: (row.quarter_start, row.street_code, row.unit_code)
        )
        if rating.quarter_start == period.start
    }
    got = Counter(unit for _, unit in ratings)
    for unit, score in _without_severity(ratings).items():
        for caliber in BOTH:
            yield "unit", unit, caliber, Figure(None, got[unit], got[unit], score)


def _without_severity(ratings: dict[tuple[str, str], float]) -> dict[str, float]:
    """Alternating means until nothing moves: the least squares of the additive model."""
    streets, units = {street for street, _ in ratings}, {unit for _, unit in ratings}
    severity, score = dict.fromkeys(streets, 0.0), dict.fromkeys(units, 0.0)
    for _ in range(300 if ratings else 0):
        for unit in units:
            rest = [value - severity[s] for (s, u), value in ratings.items() if u == unit]
            score[unit] = sum(rest) / len(rest)
        for street in streets:
            rest = [value - score[u] for (s, u), value in ratings.items() if s == street]
            severity[street] = sum(rest) / len(rest)
        middle = sum(severity.values()) / len(severity)
        severity = {street: value - middle for street, value in severity.items()}
        score = {unit: value + middle for unit, value in score.items()}
    return score


def _levels_of_satisfaction(city: City, domain: str, start: date) -> dict[tuple[str, str], tuple[int, int, float]]:
    """(satisfied, asked, share) of districts, and of the city, where districts weigh as their residents."""
    waves = [
        wave
        for wave in things(city, "survey_waves", lambda line: (line.half_year_start, line.domain, line.district_code))
        if wave.domain == domain and wave.half_year_start == start and wave.valid_count
    ]
    found = {
        ("district", wave.district_code): (
            wave.satisfied_count,
            wave.valid_count,
            wave.satisfied_count / wave.valid_count,
        )
        for wave in waves
    }
    if waves:
        last_day = (start + timedelta(days=190)).replace(day=1) - timedelta(days=1)
        weights = {wave.district_code: city.places.residents(wave.district_code, last_day) for wave in waves}
        shares = sum(weights[code] * share for (_, code), (_, _, share) in found.items())
        satisfied, asked = (sum(parts[at] for parts in found.values()) for at in (0, 1))
        found["city", city.places.city] = (satisfied, asked, shares / sum(weights.values()))
    return found


def _of_domain(domain: str) -> None:
    @figures("Q01", domain)
    def satisfied(city: City, period: Period) -> Estimated:
        """Share satisfied or very satisfied in a half-year; the city is the mean of its districts by residents."""
        for (level, code), (count, asked, share) in _levels_of_satisfaction(city, domain, period.start).items():
            for caliber in BOTH:
                yield level, code, caliber, Figure(count, asked, asked, share)

    @figures("Q02", f"{domain}_pp")
    def change(city: City, period: Period) -> Estimated:
        """The city's share less that of the same half-year a year before, in percentage points."""
        for now, before, n in _both_years(city, domain, period):
            for caliber in BOTH:
                yield "city", city.places.city, caliber, Figure(None, n, n, 100 * (now - before))

    @figures("Q02", f"{domain}_relative")
    def relative_change(city: City, period: Period) -> Estimated:
        """The same change as a share of the level of the year before."""
        for now, before, n in _both_years(city, domain, period):
            for caliber in BOTH:
                yield "city", city.places.city, caliber, Figure(None, n, n, (now - before) / before if before else None)


for _domain in DOMAINS:
    _of_domain(_domain)


def _both_years(city: City, domain: str, period: Period) -> Iterator[tuple[float, float, int]]:
    key = ("city", city.places.city)
    now = _levels_of_satisfaction(city, domain, period.start).get(key)
    before = _levels_of_satisfaction(city, domain, period.start.replace(year=period.start.year - 1)).get(key)
    if now and before:
        yield now[2], before[2], min(now[1], before[1])


@figures("W02", "grade_entropy")
def spread_of_grades(city: City, period: Period) -> Estimated:
    """Shannon entropy of workers over the 18 grades by the last report of the year, as a share of its highest."""
    groups: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for line in last_report(city, "posts", period):
        for level, code in line.where(city).items():
            groups[level, code][line.grade] += line.worker_count
    for (level, code), grades in groups.items():
        n = sum(grades.values())
        entropy = -sum(count / n * log(count / n) for count in grades.values() if count) if n else None
        for caliber in BOTH:
            value = None if entropy is None else entropy / log(18)
            yield level, code, caliber, Figure(None, n, n, value)
