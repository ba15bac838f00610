"""One cell explained: everything that is known about it, in one record that text and JSON are written from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from minhu.analysis.explain import evidence, history, landed, records
from minhu.analysis.explain.evidence import Anchor
from minhu.analysis.explain.history import Version
from minhu.analysis.explain.landed import LandedFile, LandedRow
from minhu.analysis.explain.lineage import Graph
from minhu.analysis.explain.question import find_cell, key_of
from minhu.analysis.explain.records import Record, WorkFile
from minhu.analysis.query import offered_release
from minhu.errors import MinhuError, UsageError
from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.settings import Settings

#: Raised when a name of the JSON is removed or means something else; names that are added leave it.
FORMAT = 1
DEFAULT_ROWS = 20


@dataclass(frozen=True)
class LandedEvidence:
    """The records behind a cell and their landed rows.

    Attributes:
        is_listed: the records could be told apart; ``why_not`` says why not.
        work_business_date: night of the work file they were found in; None if none could be read.
        is_of_release: that night is the release's. If not, records may have come or changed since.
        record_count: how many records add to the cell; ``records`` holds the first of them.
        numerator, denominator: what all of them add up to; None where the release does not show it or the KPI has none.
        is_complete: the sums are the published figures; None where nothing was published to compare with.
        records, rows, files: the records that are listed, their landed rows, and the files these lie in.
    """

    is_listed: bool
    why_not: str
    work_business_date: date | None = None
    is_of_release: bool = False
    record_count: int = 0
    numerator: float | None = None
    denominator: float | None = None
    is_complete: bool | None = None
    records: list[Record] = field(default_factory=list)
    rows: list[LandedRow] = field(default_factory=list)
    files: list[LandedFile] = field(default_factory=list)


@dataclass(frozen=True)
class Explanation:
    """What a cell is made of.

    Attributes:
        release_id, business_date: the release that is explained and its night.
        is_current: it is the release readers see.
        cell: the row of ``kpi_results``.
        contract: the row of ``kpi_contract``.
        anchors: cohort dates: which records count, and by which of their days.
        models: models the figure passed, by layer; without the build's manifest those that the contract names.
        findings: findings that blocked the cell or put a note on it.
        waivers: waivers under which one of the findings does not block.
        landed: the landed rows behind it.
        versions: what the releases since the period began said of it, oldest first.
        notes: what could not be read, sentence by sentence.
    """

    release_id: str
    business_date: date
    is_current: bool
    cell: dict[str, Any]
    contract: dict[str, Any]
    anchors: list[Anchor]
    models: dict[str, list[str]]
    findings: list[dict[str, Any]]
    waivers: list[dict[str, Any]]
    landed: LandedEvidence
    versions: list[Version]
    notes: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON: numbers as numbers, days and times as ISO text (times in UTC)."""
        plain: dict[str, Any] = _plain({"format": FORMAT, **asdict(self)})
        return plain


def explain(
    settings: Settings,
    kpi_id: str,
    unit: str,
    period: str,
    *,
    variant: str | None = None,
    caliber: str = "full",
    level: str | None = None,
    release_id: str | None = None,
    rows: int = DEFAULT_ROWS,
) -> Explanation:
    """Follow one cell back to its landed rows, and forth through the releases since.

    Args:
        settings: of the city; no build may be running if landed rows are wanted.
        kpi_id, unit, period, variant, caliber, level: the cell, see :func:`minhu.analysis.explain.question.find_cell`.
        release_id: the release to explain; None is the current one.
        rows: of how many records the landed rows are looked up.

    Raises:
        UsageError: there is no such release or cell, or ``rows`` is below 0; the message names what is near.
    """
    if rows < 0:
        raise UsageError("explain a cell", f"expected 0 rows or more, found {rows}", "correct --rows")
    release = releases.current(settings, release_id)
    evidence.require_tables(release.table_names, release.release_id)
    notes: list[str] = []
    with offered_release(settings, release.release_id) as published, _work_if_readable(settings) as (work, unread):
        cell = find_cell(published, kpi_id, unit, period, variant, caliber, level)
        key = key_of(cell)
        contract = evidence.read_contract(published, key)
        standing = work.standing_findings() if work and work.is_of(release) else None
        if unread:
            notes.append(unread)
        if standing is None:
            notes.append("findings of earlier nights that still stand are in the work file of that night only")
        findings = evidence.touching_findings(
            settings, published, key, cell["period_end"], release.business_date, standing
        )
        waivers = evidence.waivers_of(published, findings)
        graph = Graph.read(settings)
        if not graph.models:
            notes.append("dbt's manifest of the last build is gone: models are those that the contract names")
        behind = _landed_evidence(settings, work, graph, release, cell, contract, rows, unread)
    told = history.read_history(settings, key)
    return Explanation(
        release.release_id, release.business_date, releases.current(settings).release_id == release.release_id,
        cell, contract, evidence.anchors_of(contract), _models(graph, contract), findings, waivers, behind,
        told.versions, [*notes, *told.notes],
    )  # fmt: skip


@contextmanager
def _work_if_readable(settings: Settings) -> Iterator[tuple[WorkFile | None, str]]:
    """The work file; or None and why not, for the rest of an explanation needs the release alone."""
    with ExitStack() as opened:
        found: tuple[WorkFile | None, str]
        try:
            found = opened.enter_context(records.open_work(settings)), ""
        except MinhuError as error:
            found = None, str(error)
        yield found


def _landed_evidence(
    settings: Settings,
    work: WorkFile | None,
    graph: Graph,
    release: Release,
    cell: dict[str, Any],
    contract: dict[str, Any],
    rows: int,
    unread: str,
) -> LandedEvidence:
    if work is None:
        return LandedEvidence(False, unread)
    found = records.find_records(work, graph, release, cell, contract, key_of(cell))
    shown = found.records[:rows]
    landed_rows, files = landed.find_rows(settings, work, contract, shown) if shown else ([], [])
    return LandedEvidence(
        found.is_listed, found.why_not, found.work_business_date, found.is_of_release, len(found.records),
        found.numerator, found.denominator, found.is_complete, shown, landed_rows, files,
    )  # fmt: skip


def _models(graph: Graph, contract: dict[str, Any]) -> dict[str, list[str]]:
    inputs = str(contract["inputs"]).split()
    landed_tables = {"landed": [name for name in inputs if "." in name]}
    named = [name for name in inputs if "." not in name]
    return landed_tables | (graph.passed(inputs) if graph.models else {"contract": named})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
