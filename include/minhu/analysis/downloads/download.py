"""An export as one file: what it is called, what it says of itself, and how it is put in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from minhu import atomic
from minhu.analysis.downloads import described, files, open311
from minhu.analysis.downloads.columns import Language, columns
from minhu.analysis.downloads.database import write_database, write_star
from minhu.analysis.downloads.kinds import Kind
from minhu.analysis.downloads.selection import Selection, days, select_cells
from minhu.errors import UsageError
from minhu.release import published_contract, releases
from minhu.release.published_contract import Text
from minhu.release.release_folder import Release
from minhu.settings import Settings


@dataclass(frozen=True)
class Download:
    """What was written.

    Attributes:
        path: of the file.
        cells: how many it has; of Open311, orders.
        bytes: its size.
    """

    path: Path
    cells: int
    bytes: int


def export(
    settings: Settings,
    selection: Selection,
    kind: Kind,
    out: Path | None = None,
    release_id: str | None = None,
    language: Language = "zh",
) -> Download:
    """Write cells of a release to a file; the same release and the same question give the same bytes, a database aside.

    Beside a CSV stands what describes it (CSVW), ``X.csv-metadata.json``.

    Args:
        settings: of the city.
        selection: which cells.
        kind: of the file.
        out: the file, or a folder that stands; None is the working folder.
        release_id: of the release; None is the current one.
        language: of titles and words; Parquet has the names of the contract.

    Raises:
        UsageError: nothing was published, no cell is asked for, or more than a sheet can hold.
    """
    release = releases.current(settings, release_id)
    if kind in (Kind.duckdb, Kind.star):
        return _whole(settings, selection, kind, out, release.release_id)
    if kind is Kind.open311:
        return _orders(settings, selection, out, release)
    cells = select_cells(settings, selection, release.release_id)
    name = f"{'_'.join(selection.kpis) if 0 < len(selection.kpis) <= 3 else 'kpis'}_{release.release_id}.{kind}"
    path = out / name if out and out.is_dir() else out or Path(name)
    data = _bytes(settings, cells, kind, language, release.release_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(path, data)
    if kind is Kind.csv:
        shown = columns(published_contract.load(settings.dbt_dir).codes)
        atomic.write_bytes(
            described.beside(path), described.csvw(path, shown, language, settings.city.name, release.release_id)
        )
    return Download(path, cells.num_rows, len(data))


def _whole(settings: Settings, selection: Selection, kind: Kind, out: Path | None, release_id: str) -> Download:
    """The whole release for BI tools: what is asked of single cells does not apply."""
    if selection != Selection():
        raise UsageError(
            f"export a release as {kind}", "expected a whole release, found a choice of cells",
            "leave --kpi, --from, --to, --period, --level and --caliber away, or take --as parquet",
        )  # fmt: skip
    name = f"minhu_{release_id}.{kind}"
    if kind is Kind.star:
        path = out or Path(name)
        cells = write_star(settings, release_id, path)
        return Download(path, cells, sum(file.stat().st_size for file in path.glob("*.parquet")))
    path = out / name if out and out.is_dir() else out or Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = write_database(settings, release_id, path)
    return Download(path, cells, path.stat().st_size)


def _orders(settings: Settings, selection: Selection, out: Path | None, release: Release) -> Download:
    """The orders of some days: what is asked of cells does not apply."""
    if replace(selection, first=None, last=None) != Selection():
        raise UsageError(
            "export orders as open311", "expected days, found a choice of cells",
            "leave --kpi, --period, --level and --caliber away; --from and --to are the days of orders",
        )  # fmt: skip
    data, count = open311.as_open311(settings, release, *days(selection))
    name = f"open311_{release.release_id}.xml"
    path = out / name if out and out.is_dir() else out or Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(path, data)
    return Download(path, count, len(data))


def _bytes(settings: Settings, cells: pa.Table, kind: Kind, language: Language, release_id: str) -> bytes:
    if kind is Kind.parquet:
        return files.as_parquet(cells)
    shown = columns(published_contract.load(settings.dbt_dir).codes)
    if kind is Kind.csv:
        return files.as_csv(cells, shown, language)
    about = [
        (Text("城市", "city"), settings.city.name),
        (Text("发布编号", "release"), release_id),
        (Text("单元格", "cells"), f"{cells.num_rows:,}"),
        (
            Text("核对", "to check"),
            f"minhu verify {release_id}; minhu explain <KPI> <unit> <period> --release {release_id}",
        ),
    ]
    return files.as_xlsx(cells, shown, language, about)
