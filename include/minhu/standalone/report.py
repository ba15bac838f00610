"""What a person reads at the end of a night."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from minhu.analysis.status import without_password
from minhu.landing.night import Night
from minhu.pipeline.stages import reader_notices
from minhu.release.release_folder import Release
from minhu.reports import site
from minhu.settings import DEFAULT_CITY, Settings
from minhu.standalone.nightly import NightReport

#: What every night proposes to ask first.
FIRST_QUERY = (
    "select unit_name, period_start, numerator, denominator, value, ci_low, ci_high, verdict from kpi_results "
    "where kpi_id = 'H06' and variant = 'main' and unit_type = 'district' and period_type = 'month' and caliber = 'full' "
    "order by period_start, unit_code"
)
_MEANING = {
    "PUBLISHED": "公布 published",
    "PUBLISHED_WITH_NOTE": "附注公布 published, with a note",
    "BAND_ONLY": "仅给区间 value and interval, no rank (10 <= n < 30)",
    "SUPPRESSED": "隐去 too few to disclose",
    "WITHHELD": "暂缓 a blocking check failed",
    "NOT_RATED": "不评 nothing to rate, or no such input",
}


def print_night(console: Console, settings: Settings, report: NightReport, published_uri: str | None) -> None:
    """Stages with seconds, rows landed and quarantined, cells by verdict, and where to look."""
    console.print()
    stages = Table("stage", "seconds", title=f"{settings.city.name}: the night of {report.business_date}")
    stages.columns[1].justify = "right"
    for name, seconds in report.seconds.items():
        stages.add_row(name, f"{seconds:.1f}")
    console.print(stages)
    quarantined = _quarantined(report.release)
    sources = Table("source", "delivery", "rows landed", "quarantined", title="Sources")
    sources.columns[2].justify = sources.columns[3].justify = "right"
    for source, arrival in report.arrivals.items():
        rows = sum(arrival.row_counts.values())
        sources.add_row(source, arrival.status, f"{rows:,}" if rows else "-", f"{quarantined[source]:,}")
    console.print(sources)
    verdicts = Table("verdict", "cells", "meaning", title="KPI cells")
    verdicts.columns[1].justify = "right"
    for verdict, count in sorted(report.release.manifest["verdicts"].items()):
        verdicts.add_row(verdict, f"{count:,}", _MEANING.get(verdict, ""))
    console.print(verdicts)
    for line in _troubles(settings, report):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    news = "published" if report.release.is_new else "unchanged: the same content was published before"
    minhu = _command(settings)
    pages = site.folder_of(settings, report.release) / "index.html"
    address = without_password(published_uri) if published_uri else f"$({minhu} db uri)"
    for line in (
        f"release  {report.release.release_id}  ({news})",
        f"folder   {report.release.path}",
        *([f"site     {pages}  (`{minhu} open`)"] if pages.is_file() else []),
        f'query    {minhu} sql "{FIRST_QUERY}"',
        f"file     {minhu} export --kpi H06",
        f'psql     {minhu} db start; psql "{address}"',
    ):
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _command(settings: Settings) -> str:
    """How to call this program again from here, for the same city."""
    called = Path(sys.argv[0])
    program = os.path.relpath(called) if called.name == "minhu" and called.is_file() else "minhu"
    return program if settings.city.code == DEFAULT_CITY else f"{program} --city {settings.city.code}"


def _troubles(settings: Settings, report: NightReport) -> list[str]:
    """What a person must know although the night was published."""
    lines: list[str] = []
    for source, arrival in report.arrivals.items():
        failed = [text for stage, text in report.failures.items() if stage.startswith(f"{source}_extract.")]
        if arrival.status == "blocked":
            lines.append(f"{source} was blocked: {arrival.reason}")
        elif failed:
            lines.append(f"{source} could not be read again: {'; '.join(failed)}")
        lines += [
            f"  {notice}" for notice in reader_notices(Night(settings, report.business_date), f"{source}_extract")
        ]
    return [*lines, *(text for stage, text in report.failures.items() if stage.startswith("kpi_publish."))]


def _quarantined(release: Release) -> Counter[str]:
    """Quarantined records by source."""
    return Counter(str(name).split(".")[0] for name in release.table("quarantined_rows")["table_name"].to_pylist())
