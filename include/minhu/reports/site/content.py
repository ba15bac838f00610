"""Everything the pages are made of, read once from one release."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from minhu.release.release_folder import Release
from minhu.reports.presentation.values import Words
from minhu.reports.site import integrity, periods
from minhu.reports.site.breakdowns import read_breakdowns
from minhu.reports.site.cells import CALIBER, Cell, in_period, read_series, scrubbed
from minhu.reports.site.reading import Row, Tables
from minhu.reports.site.subjects import Kpi, Unit, read_kpis, read_units

Key = tuple[str, str, str]
_NO_PERIOD = Words("没有期间", "no period")


@dataclass(frozen=True)
class Content:
    """One release as the site tells it.

    Attributes:
        headline: first day of the last finished period, by KPI; of the newest one where none is finished.
        running: KPIs whose headline period is not finished: their figures stand alone, without peers and changes.
        cells: by KPI, level and code, in order of time, in the site's caliber.
        peers, changes: rows of the headline period by KPI, level and code; changes by comparison as well.
        signals: rows by KPI, level and code in order of time, none in a release from before signals.
        breakdowns: rows of the newest settled month by KPI, of the city and its districts.
        restated: rows of this night's restatements.
    """

    release: Release
    city_name: str
    kpis: Sequence[Kpi]
    units: Sequence[Unit]
    cells: Mapping[Key, Sequence[Cell]]
    headline: Mapping[str, date]
    running: frozenset[str]
    peers: Mapping[Key, Row]
    changes: Mapping[tuple[str, str, str, str], Row]
    signals: Mapping[Key, Sequence[Row]]
    has_signals: bool
    breakdowns: Mapping[str, Sequence[Row]]
    restated: Sequence[Row]
    versions: Mapping[tuple[str, str], Sequence[Row]]
    targets: Mapping[str, Row]
    schemes: Sequence[Row]
    companions: Mapping[tuple[str, str], Sequence[Row]]
    standardised: Mapping[tuple[str, str], Row]
    variants: Mapping[str, Sequence[Cell]]
    held: Counter[tuple[str, str, str]]
    rules: Mapping[str, Row]

    def unit_of(self, unit_type: str, code: str) -> Unit | None:
        return self._units.get((unit_type, code))

    def place(self, code: str) -> Unit | None:
        """The place of a code; responsible units are none."""
        return self._places.get(code)

    def at_headline(self, kpi: Kpi, unit_type: str, code: str) -> Cell | None:
        """The cell of the headline period."""
        return self._at_headline.get((kpi.kpi_id, unit_type, code))

    def period_of(self, kpi: Kpi) -> Words:
        """What the headline period is called, and whether it still runs."""
        if kpi.kpi_id not in self.headline:
            return _NO_PERIOD
        name = periods.name(kpi.period_type, self.headline[kpi.kpi_id])
        return Words(f"{name.zh}（未结束）", f"{name.en}, still running") if kpi.kpi_id in self.running else name

    def peers_of(self, kpi: Kpi) -> Sequence[Row]:
        """Rows of peers of a KPI, in order of level and code."""
        return self._peers.get(kpi.kpi_id, ())

    @property
    def city(self) -> Unit | None:
        return next((unit for unit in self.units if unit.unit_type == "city"), None)

    @cached_property
    def _units(self) -> Mapping[tuple[str, str], Unit]:
        return {unit.key: unit for unit in self.units}

    @cached_property
    def _places(self) -> Mapping[str, Unit]:
        return {unit.code: unit for unit in self.units if unit.unit_type != "unit"}

    @cached_property
    def _at_headline(self) -> Mapping[Key, Cell]:
        return _at(self.cells, self.headline)

    @cached_property
    def counted(self) -> Counter[str]:
        """How many cells of the headline period a KPI has, shown or not."""
        return Counter(kpi_id for kpi_id, _, _ in self._at_headline)

    @cached_property
    def _peers(self) -> Mapping[str, Sequence[Row]]:
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for _, row in sorted(self.peers.items()):
            found[row["kpi_id"]].append(row)
        return found


def read_content(release: Release, tables: Tables) -> Content:
    """Read what the site tells of a release."""
    kpis = read_kpis(tables)
    cells = read_series(tables, kpis)
    finished = _newest(cells, release.business_date)
    headline = _newest(cells) | finished

    def is_shown(key: Key, start: date, unknown: bool = False) -> bool:
        """What is said of a cell elsewhere is said only where the cell itself is shown."""
        cell = in_period(cells.get(key, ()), start)
        return unknown if cell is None else cell.is_shown

    named = {
        (row[0], row[1]): row[2]
        for row in tables.tuples(
            "select unit_type, unit_code, max(unit_name) from kpi_results where unit_type not in ('grid', 'point') group by all"
        )
    }
    units = read_units(tables, named)
    city = next((unit.name for unit in units if unit.unit_type == "city"), str(release.manifest["city"]))
    schemes = tables.of(
        "schemes", "scheme, kpi_id, variant, applies_to, valid_from", scheme="varchar", scheme_zh="varchar",
        kpi_id="varchar", variant="varchar", weight="double", transform="varchar", target="double", applies_to="varchar",
        valid_from="date", valid_to="date", source="varchar", source_zh="varchar",
    )  # fmt: skip
    return Content(
        release=release,
        city_name=city,
        kpis=kpis,
        units=units,
        cells=cells,
        headline=headline,
        running=frozenset(headline.keys() - finished.keys()),
        peers={
            _key(row): row
            for row in _of_headline(tables, "peer_comparisons", kpis, finished, _PEERS)
            if is_shown(_key(row), headline[row["kpi_id"]])
        },
        changes={
            (*_key(row), row["comparison"]): row
            for row in _of_headline(tables, "kpi_changes", kpis, finished, _CHANGES)
            if is_shown(_key(row), headline[row["kpi_id"]]) and is_shown(_key(row), row["compare_from"], unknown=True)
        },
        signals=_signals(tables, kpis, is_shown),
        has_signals=tables.has("kpi_signals"),
        breakdowns=read_breakdowns(tables),
        restated=_restated(tables, release.business_date),
        versions=_versions(tables),
        targets=_targets(schemes, release.business_date),
        schemes=schemes,
        companions=integrity.companions(tables, release.business_date),
        standardised=integrity.standardised(tables, release.business_date),
        variants=_variants(tables, kpis, headline),
        held=_held(cells, headline),
        rules={
            row["rule_id"]: row
            for row in tables.of("quality_rules", "rule_id", rule_id="varchar", reason="varchar", reason_zh="varchar")
        },
    )


_PEERS = {
    "kpi_id": "varchar", "unit_type": "varchar", "unit_code": "varchar", "peer_group": "varchar", "peer_count": "bigint",
    "sample_size": "double", "value": "double", "band": "varchar", "rank_best": "bigint", "rank_worst": "bigint",
    "rank_likely": "bigint", "rank_likely_best": "bigint", "rank_likely_worst": "bigint", "peer_value": "double",
    "overdispersion": "double", "funnel_position": "varchar",
}  # fmt: skip
_CHANGES = {
    "kpi_id": "varchar", "unit_type": "varchar", "unit_code": "varchar", "comparison": "varchar", "aligned_by": "varchar",
    "compare_from": "date", "value": "double", "value_before": "double", "change": "double", "change_low": "double",
    "change_high": "double", "trend": "varchar", "is_break_in_series": "boolean",
}  # fmt: skip


def _key(row: Row) -> Key:
    return row["kpi_id"], row["unit_type"], row["unit_code"]


def _newest(cells: Mapping[Key, Sequence[Cell]], over_by: date = date.max) -> dict[str, date]:
    """First day of the newest period of each KPI that is over by a day."""
    found: dict[str, date] = {}
    for (kpi_id, _, _), series in cells.items():
        last = next((cell.period_start for cell in reversed(series) if cell.period_end <= over_by), None)
        if last is not None and last >= found.get(kpi_id, last):
            found[kpi_id] = last
    return found


def _at(cells: Mapping[Key, Sequence[Cell]], headline: Mapping[str, date]) -> dict[Key, Cell]:
    """The cells of the headline period of their KPI."""
    found = {key: in_period(series, headline[key[0]]) for key, series in cells.items() if key[0] in headline}
    return {key: cell for key, cell in found.items() if cell is not None}


def _of_headline(
    tables: Tables, table: str, kpis: Sequence[Kpi], headline: Mapping[str, date], columns: Mapping[str, str]
) -> list[Row]:
    if not tables.has(table):
        return []
    asked = [
        {"kpi_id": k.kpi_id, "variant": k.variant, "period_type": k.period_type, "period_start": headline[k.kpi_id]}
        for k in kpis
        if k.kpi_id in headline
    ]
    if not asked:
        return []
    return tables.rows(
        f"select {tables.columns(table, **columns)} from {table} "  # noqa: S608  names of this module
        "inner join (select unnest($asked, recursive := true)) using (kpi_id, variant, period_type, period_start) "
        "where caliber = $caliber order by all",
        asked=asked,
        caliber=CALIBER,
    )


def _signals(tables: Tables, kpis: Sequence[Kpi], is_shown: Callable[[Key, date], bool]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    variants = {kpi.kpi_id: kpi.variant for kpi in kpis if kpi.period_type == "month"}
    for row in tables.of(
        "kpi_signals", "kpi_id, variant, unit_type, unit_code, period_start", f"caliber = '{CALIBER}'", kpi_id="varchar",
        variant="varchar", unit_type="varchar", unit_code="varchar", period_start="date", mean_value="double",
        lower_limit="double", upper_limit="double", baseline_start="date", baseline_months="bigint", signal="varchar",
        signal_direction="varchar", target="double", assurance="varchar",
    ):  # fmt: skip
        if row["variant"] == variants.get(row["kpi_id"]) and is_shown(_key(row), row["period_start"]):
            found.setdefault(_key(row), []).append(row)
    return found


def _restated(tables: Tables, night: date) -> list[Row]:
    if not tables.has("kpi_restatements"):
        return []
    return tables.rows(
        """
        select kpi_id, variant, unit_type, unit_code, period_type, period_start, difference, value_before, value_now,
            verdict_before, verdict_now, causes
        from kpi_restatements
        where business_date = $night and caliber = $caliber and unit_type not in ('grid', 'point')
        order by list_position(['city', 'district', 'street', 'unit', 'community'], unit_type), kpi_id, variant, unit_code,
            period_type, period_start
        """,
        night=night,
        caliber=CALIBER,
    )


def _versions(tables: Tables) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in tables.of(
        "kpi_contract_versions", "kpi_id, variant, valid_from, contract_version", kpi_id="varchar", variant="varchar",
        contract_version="varchar", valid_from="date", is_break="boolean", meaning_zh="varchar", meaning_en="varchar",
    ):  # fmt: skip
        found.setdefault((row["kpi_id"], row["variant"]), []).append(row)
    return found


def _targets(schemes: Sequence[Row], today: date) -> dict[str, Row]:
    """What a scheme made of targets asks of the city; where there are several, of the first by name, as signals do."""
    found: dict[str, Row] = {}
    for row in schemes:
        in_force = row["valid_from"] <= today and (row["valid_to"] is None or today < row["valid_to"])
        is_of_city = row["variant"] == "main" and "city" in str(row["applies_to"]).split()
        if row["transform"] == "ratio_to_target" and row["target"] is not None and in_force and is_of_city:
            found.setdefault(row["kpi_id"], row)
    return found


def _variants(tables: Tables, kpis: Sequence[Kpi], headline: Mapping[str, date]) -> dict[str, list[Cell]]:
    """Of the city: every variant of a KPI in the headline period, in both calibers."""
    asked = [
        {"kpi_id": k.kpi_id, "period_type": k.period_type, "period_start": headline[k.kpi_id]}
        for k in kpis
        if k.kpi_id in headline
    ]
    found: dict[str, list[Cell]] = {}
    if not asked:
        return found
    for row in tables.tuples(
        """
        select kpi_id, variant, unit_type, unit_code, period_start, period_end, caliber, denominator::double, value, ci_low,
            ci_high, verdict, rule_id, reason, peer_group, band, is_provisional, is_stale, false
        from kpi_results inner join (select unnest($asked, recursive := true)) using (kpi_id, period_type, period_start)
        where unit_type = 'city' order by kpi_id, variant <> 'main', variant, caliber desc
        """,
        asked=asked,
    ):
        cell = scrubbed(Cell._make(row))
        found.setdefault(cell.kpi_id, []).append(cell)
    return found


def _held(cells: Mapping[Key, Sequence[Cell]], headline: Mapping[str, date]) -> Counter[tuple[str, str, str]]:
    """Cells of the headline periods that are not shown, by KPI, verdict and rule."""
    return Counter(
        (kpi_id, cell.verdict, cell.rule_id)
        for (kpi_id, _, _), cell in _at(cells, headline).items()
        if not cell.is_shown
    )
