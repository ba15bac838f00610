"""What a person reads at the end of a night."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from minhu.nightly import NightReport
from minhu.query import run_sql
from minhu.settings import Settings

_MEANING = {
    "PUBLISHED": "公布 published",
    "PUBLISHED_WITH_NOTE": "附注公布 published, with a note",
    "BAND_ONLY": "仅给区间 value and interval, no rank (10 <= n < 30)",
    "SUPPRESSED": "隐去 too few to disclose",
    "WITHHELD": "暂缓 a blocking check failed",
    "NOT_RATED": "不评 nothing to rate, or no such input",
}


def print_night(console: Console, settings: Settings, report: NightReport, published_uri: str) -> None:
    """Stages with seconds, rows landed and quarantined, cells by verdict, and where to look."""
    console.print()
    stages = Table("stage", "seconds", title=f"{settings.city.name}: the night of {report.business_date}")
    stages.columns[1].justify = "right"
    for name, seconds in report.seconds.items():
        stages.add_row(name, f"{seconds:.1f}")
    console.print(stages)
    quarantined = _quarantined(settings)
    sources = Table("source", "delivery", "rows landed", "quarantined", title="Sources")
    sources.columns[2].justify = sources.columns[3].justify = "right"
    for source, arrival in report.arrivals.items():
        rows = sum(arrival.row_counts.values())
        sources.add_row(source, arrival.status, f"{rows:,}" if rows else "-", f"{quarantined.get(source, 0):,}")
    console.print(sources)
    verdicts = Table("verdict", "cells", "meaning", title="KPI cells")
    verdicts.columns[1].justify = "right"
    for verdict, count in sorted(report.release.manifest["verdicts"].items()):
        verdicts.add_row(verdict, f"{count:,}", _MEANING.get(verdict, ""))
    console.print(verdicts)
    for source in report.blocked_sources:
        console.print(f"[bold]{source} was blocked[/bold]: {report.arrivals[source].reason}", soft_wrap=True)
        console.print(f"  cells that rest on {source} stay as last published and are marked stale")
    news = "published" if report.release.is_new else "unchanged: the same content was published before"
    console.print(f"release  {report.release.release_id}  ({news})", soft_wrap=True)
    console.print(f"folder   {report.release.path}", soft_wrap=True)
    console.print('query    minhu sql "select * from published.kpi_results limit 5"', soft_wrap=True)
    console.print(f'psql     minhu db start; psql "{published_uri}"', soft_wrap=True)


def _quarantined(settings: Settings) -> Mapping[str, int]:
    found = run_sql(
        settings,
        "select split_part(table_name, '.', 1) as source, count(*) as records from published.quarantined_rows group by 1",
    )
    return {row["source"]: row["records"] for row in found.to_pylist()}
