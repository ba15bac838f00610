"""Nights of a city with seeded faults: what is withheld is exactly what the faults touch, and every release is proved.

Precision and recall count cells of all nights: a cell is a KPI, variant, unit, period and caliber in one release. Both
are properties of the test (``--junit-xml``) and logged (``--log-cli-level=INFO``).
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from minhu.audit import replay, verification
from minhu.landing.night import Night
from minhu.pipeline import publication
from minhu.release.release_folder import Release
from minhu.settings import PROJECT_ROOT, Settings
from minhu.standalone import postgres
from tests.fixtures.homes import build_and_judge, query, settings_at

from .faulty_city import (
    CITY,
    DISTRICTS,
    TABLES,
    Deadlines,
    FaultyCity,
    Record,
    Weights,
    first_day,
    last_day,
    withholding,
)

pytestmark = pytest.mark.nights(5)

#: The last night of a month: faults of both months, and in the long run the 19th, where the assessment month begins.
FIRST = date(2026, 10, 31)
WRITTEN = 3
HISTORY_DAYS = 20
SEED = 20_261_030
KEY = ("kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber")
Cell = tuple[Any, ...]
_log = logging.getLogger(__name__)


def contract() -> dict[tuple[str, str], dict[str, str]]:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_contract.csv").open(encoding="utf-8") as file:
        return {(row["kpi_id"], row["variant"]): row for row in csv.DictReader(file)}


def counts_from(kpi: dict[str, str], source: str) -> bool:
    """Whether the KPI counts records of the source: T01 adds orders and grid events."""
    return source in {kpi["source"], *(anchor.split(".")[0] for anchor in kpi["anchors"].split())}


@dataclass
class Story:
    """The nights so far: what was published, and what should have been."""

    settings: Settings
    uri: str
    city: FaultyCity = field(default_factory=lambda: FaultyCity(SEED))
    releases: list[Release] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    withheld: list[set[Cell]] = field(default_factory=list)
    expected: list[set[Cell]] = field(default_factory=list)
    rules: list[dict[Cell, str]] = field(default_factory=list)
    shown: list[dict[Cell, dict[str, Any]]] = field(default_factory=list)

    def night(self, day: date, refused: str = "") -> None:
        self.city.deliver(self.settings, day, refused)
        build_and_judge(self.settings, day)
        self.releases.append(publication.publish_release(Night(self.settings, day), self.uri))
        self.refused.append(refused)
        rules = self._must_be_withheld(day, refused)
        cells = {
            tuple(row[column] for column in KEY): row for row in self.releases[-1].table("kpi_results").to_pylist()
        }
        self.rules.append(rules)
        self.expected.append(set(rules))
        self.withheld.append({key for key, row in cells.items() if row["verdict"] == "WITHHELD"})
        self.shown.append(cells)

    def _must_be_withheld(self, day: date, refused: str) -> dict[Cell, str]:
        """Rules 2 to 5 of docs/quality.md, in their order, with the rule id that must be given."""
        rules: dict[Cell, str] = {}
        known, unexplained = contract(), list(self.city.unexplained())
        weights = self.city.weigh(day, self._deadlines())
        # the counts alone, before any check has spoken: which cells there are, and which have something to rate
        counted = query(self.settings, f"select {', '.join(KEY)}, numerator, denominator, value from kpis.kpi_values")
        for *parts, numerator, denominator, value in counted:
            key = tuple(parts)
            kpi = known[key[0], key[1]]
            is_count, is_composed = kpi["interval_method"] == "none", kpi["interval_method"] == "composed"
            is_rated = numerator is not None if is_count else bool(denominator)
            lacking = withholding(weights, kpi["anchors"], key[2:6])
            is_rated = is_rated and not (is_composed and value is None)
            if counts_from(kpi, refused) or not (is_rated or lacking):
                continue
            end = last_day(key[4], key[5])
            reasons = [
                block.rule_id
                for block in unexplained
                if block.table in kpi["inputs"].split()
                and kpi["requires"] == "callbacks"
                and (block.unit_type, block.unit_code) == (key[2], key[3])
                and key[5] <= block.last
                and block.first <= end
            ]
            reasons += lacking
            if reasons:
                rules[key] = min(reasons)
        rules |= self._without_a_figure(day, refused, {tuple(row[:2]) for row in counted}, weights)
        if refused:
            rules |= self._without_delivery(day, refused)
        return rules

    def _without_a_figure(
        self, day: date, refused: str, spoken: set[tuple[Any, ...]], weights: Weights
    ) -> Iterator[tuple[Cell, str]]:
        """City cells of a KPI that has nothing to rate anywhere: where orders are missing that is not known."""
        absent = {name for (name,) in query(self.settings, "select input from raw.absent_inputs")}
        nights = [FIRST + timedelta(days=n) for n in range((day - FIRST).days + 1)]
        for (kpi_id, variant), kpi in contract().items():
            if (kpi_id, variant) in spoken or counts_from(kpi, refused) or kpi["requires"] in absent:
                continue
            for period_type in kpi["periods"].split():
                for start in {first_day(period_type, night) for night in nights} if "/" not in period_type else ():
                    lacking = withholding(weights, kpi["anchors"], ("city", CITY, period_type, start))
                    for caliber in ("full", "assessed") if lacking and kpi["is_optional"] != "true" else ():
                        yield (kpi_id, variant, "city", CITY, period_type, start, caliber), min(lacking)

    def _deadlines(self) -> Deadlines:
        local = "cast({0} + interval 8 hour as date)"
        days = ", ".join(local.format(column) for column in ("rule_unpaused_due_at", "rule_paused_due_at"))
        tables = ("core.fct_work_orders", "core.quarantine_work_orders")
        asked = " union all ".join(f"select order_id, {days} from {table}" for table in tables)
        return {order: (unpaused, paused) for order, unpaused, paused in query(self.settings, asked)}

    def _without_delivery(self, day: date, refused: str) -> Iterator[tuple[Cell, str]]:
        """Cells stay as they were published last; the city's that never were have no earlier value to stay."""
        before = self.shown[-1]
        for (kpi_id, variant), kpi in contract().items():
            if not counts_from(kpi, refused):
                continue
            for key, rule in self.rules[-1].items():
                if key[:2] == (kpi_id, variant):
                    yield key, rule
            nights = [FIRST + timedelta(days=n) for n in range((day - FIRST).days + 1)]
            for period_type in kpi["periods"].split():
                if "/" in period_type or kpi["is_optional"] == "true":
                    continue
                for start in {first_day(period_type, night) for night in nights}:
                    for caliber in ("full", "assessed"):
                        key = (kpi_id, variant, "city", CITY, period_type, start, caliber)
                        if key not in before:
                            yield key, "L4-KPI-006"


def tell(story: Story, nights: int) -> None:
    """The written nights, then as many as asked for whose faults are drawn."""
    city, day = story.city, FIRST
    for back in range(HISTORY_DAYS, -1, -1):
        city.good_day(day - timedelta(days=back), day)
    story.night(day)

    # many wrong orders of the month before in one district, few wrong cases in another; repeats and late rows, which
    # are no fault; cases without a time of acceptance, which count by the day they were finished; the grid platform's
    # delivery is refused
    day += timedelta(days=1)
    city.good_day(day, day)
    wrong = city.make("hotline.work_orders", FIRST, "dA", 18, day, "reversed")
    city.make("stations.cases", FIRST, "dB", 3, day, "reversed")
    city.make("stations.cases", day, "dC", 20, day, "undated")
    city.make("hotline.work_orders", day - timedelta(days=6), "dB", 4, day)
    city.repeat(20)
    story.night(day, refused="grid")

    # that night's hotline is delivered again with the orders as they should have been; calls that cannot be, and events
    # without a time: they lie in a grid all the same, whose street and district are withheld as it is
    day += timedelta(days=1)
    city.good_day(day, day)
    city.deliver_again(story.settings, day - timedelta(days=1), city.mended(wrong, day - timedelta(days=1), 20))
    city.make("hotline.calls", day, "dA", 10, day, "reversed")
    city.make("grid.events", day, "dC", 30, day, "undated")
    city.repeat(20)
    story.night(day)

    broken: list[tuple[date, int, list[Record]]] = []
    for number in range(WRITTEN, nights):
        day = FIRST + timedelta(days=number)
        city.good_day(day, day)
        draw = city.random
        if draw.random() < 0.6:
            table, fault = draw.choice(sorted(TABLES)), draw.choice(("undated", "reversed"))
            if table == "hotline.work_orders" and draw.random() < 0.4:
                fault = "unexplained"
            own = day - timedelta(days=draw.choice((0, 0, 1, 9)) if fault != "undated" else 0)
            made = city.make(table, own, draw.choice(DISTRICTS), draw.choice((2, 9, 30)), day, fault)
            broken.append((day, number + draw.randint(1, 5), made))
        city.make(draw.choice(sorted(TABLES)), day - timedelta(days=draw.randint(1, 9)), draw.choice(DISTRICTS), 2, day)
        city.repeat(10)
        for when, due, records in broken:
            if due != number or any((record.table, record.key) not in city.arrived for record in records):
                continue
            if draw.random() < 0.5:
                city.deliver_again(story.settings, when, city.mended(records, when, 20))
            else:
                city.waiting[records[0].source] += city.mended(records, day, 8)
        story.night(day, refused=draw.choice(("hotline", "grid", "stations")) if draw.random() < 0.2 else "")


@pytest.fixture(
    scope="module",
    params=[WRITTEN, pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(5400)])],
    ids="{} nights".format,
)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    settings = settings_at(tmp_path_factory.mktemp("faulty") / "home")
    postgres.start(settings.postgres_dir)
    try:
        told = Story(settings, postgres.uri(settings.postgres_dir, "publisher"))
        tell(told, request.param)
    finally:
        postgres.stop(settings.postgres_dir)
    return told


def test_what_is_withheld_is_exactly_what_the_faults_touch(
    story: Story, record_property: Callable[[str, object], None]
) -> None:
    nights = list(zip(story.releases, story.expected, story.withheld, strict=True))
    right = sum(len(expected & withheld) for _, expected, withheld in nights)
    precision = right / sum(len(withheld) for _, _, withheld in nights)
    recall = right / sum(len(expected) for _, expected, _ in nights)
    cells = sum(len(shown) for shown in story.shown)
    for name, value in (("nights", len(nights)), ("cells", cells), ("precision", precision), ("recall", recall)):
        record_property(name, value)
    _log.info(
        "%d nights, %d cells, %d rightly withheld, precision %s, recall %s",
        len(nights),
        cells,
        right,
        precision,
        recall,
    )
    _log.info("withheld %s, refused %s", [len(withheld) for withheld in story.withheld], story.refused)
    for made, expected, withheld in nights:
        too_many, too_few = sorted(withheld - expected, key=str), sorted(expected - withheld, key=str)
        assert (too_many[:5], too_few[:5]) == ([], []), (made.release_id, len(too_many), len(too_few))
    assert (precision, recall) == (1.0, 1.0)
    for rules, shown in zip(story.rules, story.shown, strict=True):
        assert {key: shown[key]["rule_id"] for key in rules} == rules


def test_the_written_nights_have_something_to_withhold_to_heal_and_to_leave_alone(story: Story) -> None:
    """Else precision and recall would speak of nothing."""
    clean, faulty, healed = story.withheld[:WRITTEN]
    rate_of_a = ("H06", "main", "district", "dA", "month", date(2026, 10, 1), "full")
    assert not clean and rate_of_a in faulty and rate_of_a not in healed
    before, then, now = (shown[rate_of_a] for shown in story.shown[:WRITTEN])
    assert before["value"] is not None and then["last_good_value"] == before["value"]
    assert (then["value"], now["denominator"]) == (None, before["denominator"] + 18)
    cases_of_b = story.shown[1]["S04", "main", "district", "dB", "month", date(2026, 10, 1), "full"]
    assert (cases_of_b["verdict"], cases_of_b["rule_id"]) == ("PUBLISHED_WITH_NOTE", "L2-STA-004")
    assert [any(row["is_stale"] for row in shown.values()) for shown in story.shown[:WRITTEN]] == [False, True, False]
    assert {rule for rules in story.rules[:WRITTEN] for rule in rules.values()} == {
        "L2-GRD-001", "L2-HOT-004", "L2-HOT-024", "L2-STA-001", "L4-KPI-006",
    }  # fmt: skip


def test_the_ledger_verifies_and_every_release_is_rebuilt_to_the_byte(story: Story) -> None:
    """The replay runs dbt's data tests too: a broken identity would be a finding that the release does not have."""
    assert len({made.release_id for made in story.releases}) == len(story.releases)
    assert verification.verify(story.settings) == []
    # the newest first, for it rests on most; of the short story that one alone
    for made in reversed(story.releases[-1:] if len(story.releases) == WRITTEN else story.releases):
        found = replay.replay(story.settings, made.release_id)
        _log.info(found.lines()[0])
        assert found.is_equal, "\n".join(found.lines())
