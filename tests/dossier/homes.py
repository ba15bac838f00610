"""Homes with many releases, made from one that was really published: other tables, other nights, one ledger."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from minhu import settings as settings_module
from minhu.atomic import json_bytes
from minhu.ledger.chain import Ledger
from minhu.release.export import write_parquet
from minhu.release.release_folder import Release, read_release
from minhu.settings import Settings

Change = Callable[[pa.Table], pa.Table]


def empty_home(path: Path) -> Settings:
    return settings_module.load(environ={"MINHU_HOME": str(path)})


def add_release(
    home: Settings,
    model: Release,
    day: date,
    changes: Mapping[str, Change | None] | None = None,
    more: Mapping[str, pa.Table] | None = None,
    **manifest: Any,
) -> Release:
    """A release of ``day`` with the files of ``model``; ``changes`` by file name, None leaves the file away.

    ``more`` are tables that the model does not have.

    It has no signature: a dossier does not look at it, ``minhu verify`` would.
    """
    release_id = f"{day.isoformat()}-{len(list(home.releases_dir.glob('*'))):010x}"
    folder = home.releases_dir / release_id
    files: list[dict[str, Any]] = []
    for file in model.files:
        change = (changes or {}).get(file.name, _same)
        if change is None:
            continue
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if change is _same:
            os.link(model.path / file.name, target)
            files.append({**vars(file)})
            continue
        data = change(pq.read_table(model.path / file.name, partitioning=None))
        write_parquet(data, target)
        files.append({**vars(file), "rows": data.num_rows, "sha256": f"{release_id}/{file.name}"})
    for name, data in (more or {}).items():
        write_parquet(data, folder / f"{name}.parquet")
        entry = {"name": f"{name}.parquet", "rows": data.num_rows, "sha256": f"{release_id}/{name}", "bytes": 1}
        files.append(entry)
    as_of = datetime.combine(day, time(16)).isoformat() + "+00:00"
    content = {**model.manifest, "release_id": release_id, "business_date": day.isoformat(), "as_of": as_of}
    content |= {"files": files, **manifest}
    (folder / "manifest.json").write_bytes(json_bytes(content))
    release = read_release(folder)
    Ledger(home.ledger_path).append("release", release_id, day, release.manifest_sha256)
    return release


def _same(data: pa.Table) -> pa.Table:
    return data


def with_column(name: str, value: Callable[[dict[str, Any]], Any]) -> Change:
    """Replace a column row by row."""

    def change(data: pa.Table) -> pa.Table:
        values = pa.array([value(row) for row in data.to_pylist()], data.schema.field(name).type)
        return data.set_column(data.column_names.index(name), name, values)

    return change


def first_rows(count: int) -> Change:
    return lambda data: data.slice(0, count)


def a_year_before(home: Settings, model: Release, nights: int = 364) -> Release:
    """``nights`` releases before that of ``model`` and then its own, with findings that come and go."""
    weekdays: dict[int, Release] = {}  # what a weekday finds is written once
    for number in range(nights, 0, -1):
        fewer = number % 7

        def vary(row: dict[str, Any], fewer: int = fewer) -> int:
            return max(int(row["rows_failed"] or 0) - fewer, 0)

        day = model.business_date - timedelta(days=number)
        if fewer in weekdays:
            add_release(home, weekdays[fewer], day)
        else:
            changes = {"quality_rules.parquet": with_column("rows_failed", vary)}
            weekdays[fewer] = add_release(home, model, day, changes)
    return add_release(home, model, model.business_date)
