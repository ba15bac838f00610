"""Landing throughput per source against reading the same source and discarding what came."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import python_calamine
from psycopg import sql

from minhu import business_dates
from minhu.extract import privacy
from minhu.extract.grid import extract as grid
from minhu.extract.grid.json_api import JsonApi
from minhu.extract.grid.listing import pages
from minhu.extract.hotline import extract as hotline
from minhu.extract.stations import extract as stations
from minhu.extract.stations.folder import read_delivery
from minhu.landing.zone import Landing
from minhu.settings import Settings

_HOTLINE = {
    "calls": "updated_at",
    "work_orders": "updated_at",
    "order_events": "recorded_at",
    "callbacks": "recorded_at",
}
#: Cells of stations are understood, not only read; the platform of the grid answers more slowly than anything is landed.
_TARGETS = {"hotline": 2.5, "grid": 1.5, "stations": 5.0}
Figure = dict[str, Any]


def measure(settings: Settings, day: date, hotline_uri: str, grid_url: str, token: str, folder: Path) -> list[Figure]:
    """Ratio of landing to reading and discarding, of the window that the night of ``day`` would read.

    Nothing is kept: landing goes up to the tables, writing included, into a scratch folder beside the home.
    """
    landing = Landing(settings.landing_dir)
    pseudonyms = privacy.load_pseudonyms(settings)
    scratch = Landing(settings.home / "benchmark-landing")
    runs: dict[str, tuple[Callable[[], int], Callable[[], Any]]] = {
        "hotline": (
            lambda: _discard_hotline(settings, landing, day, hotline_uri),
            lambda: hotline.land(settings, scratch, day, hotline_uri, pseudonyms),
        ),
        "grid": (
            lambda: _discard_grid(settings, landing, day, grid_url, token),
            lambda: grid.land(settings, scratch, day, grid_url, token, pseudonyms),
        ),
        "stations": (
            lambda: _discard_stations(settings, landing, day, folder),
            lambda: stations.land(settings, scratch, day, folder, pseudonyms),
        ),
    }
    figures = []
    for source, (discard, land) in runs.items():
        end = landing.last_accepted_end(source, day)
        with mock.patch.object(Landing, "last_accepted_end", lambda *_, end=end: end):
            reading, reading_cpu, rows = _timed(discard)
            landed, landing_cpu, _ = _timed(land)
        figures.append(
            {
                "name": f"landing of {source} / reading and discarding", "value": round(landed / reading, 2), "unit": "ratio",
                "target": _TARGETS[source], "met": landed / reading <= _TARGETS[source],
                "detail": {
                    "rows": rows, "reading_s": round(reading, 2), "landing_s": round(landed, 2),
                    "processor": {"reading_s": round(reading_cpu, 2), "landing_s": round(landing_cpu, 2)},
                },
            }
        )  # fmt: skip
    return figures


def _timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock, seconds of this process (not of servers), and what came."""
    started, started_cpu = time.perf_counter(), time.process_time()
    value = run()
    return time.perf_counter() - started, time.process_time() - started_cpu, value


def _window(settings: Settings, landing: Landing, source: str, day: date) -> business_dates.Window:
    return business_dates.extraction_window(
        day, settings.zone, landing.last_accepted_end(source, day), settings.overlap_days
    )


def _discard_hotline(settings: Settings, landing: Landing, day: date, uri: str) -> int:
    """Every column of the window's rows, fetched by the driver as Python values and dropped."""
    window = _window(settings, landing, "hotline", day)
    rows = 0
    with psycopg.connect(uri) as connection:
        for table, column in _HOTLINE.items():
            with connection.cursor(name=f"discard_{table}") as cursor:
                cursor.itersize = 20_000
                cursor.execute(
                    sql.SQL("select * from {} where {} >= %s and {} < %s").format(
                        sql.Identifier("hotline", table), sql.Identifier(column), sql.Identifier(column)
                    ),
                    [_local(settings, window.start), _local(settings, window.end)],
                )
                rows += sum(1 for _ in cursor)
    return rows


def _local(settings: Settings, moment: Any) -> Any:
    return None if moment is None else moment.astimezone(settings.zone).replace(tzinfo=None)


def _discard_grid(settings: Settings, landing: Landing, day: date, url: str, token: str) -> int:
    window = _window(settings, landing, "grid", day)
    asked: dict[str, str | int] = {"updated_to": window.end.astimezone(settings.zone).isoformat(), "limit": 1000}
    if window.start is not None:
        asked["updated_from"] = window.start.astimezone(settings.zone).isoformat()
    with JsonApi(url, token, "grid platform", "minhu_grid") as api:
        return sum(len(items) for items, _ in pages(api, "/api/v1/events", asked))


def _discard_stations(settings: Settings, landing: Landing, day: date, folder: Path) -> int:
    """Every cell of the window's files as text or number, dropped."""
    window = _window(settings, landing, "stations", day)
    first = window.start.astimezone(settings.zone).date() if window.start else date.min
    rows = 0
    for file in read_delivery(folder, first, day).files:
        if file.path.suffix.lower() == ".csv":
            content = file.path.read_bytes()
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = content.decode("gb18030")
            rows += sum(1 for _ in csv.reader(io.StringIO(text, newline="")))
        else:
            book = python_calamine.CalamineWorkbook.from_path(str(file.path))
            rows += sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)
    return rows
