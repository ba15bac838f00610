"""One release into PostgreSQL, after nights of which the versions lie there: does a night pay for the releases kept?

    python -m benchmarks.published_history var/benchmark/short [--nights 30]

The last two releases of a home are loaded into a server of their own. Between them ``kpi_results`` gets a version of each cell
whose period runs for every night of history: more than nights leave, for not all of these change each night. Told: seconds of
the last load, all tables together, without history and with it; seconds of what readers ask first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from rich.console import Console

from benchmarks.homes import settings_at
from benchmarks.processor import timed
from minhu.ledger.chain import Ledger, release_events
from minhu.release import published, published_contract
from minhu.release.published_description import listed, versions_of
from minhu.release.published_tables import columns_of
from minhu.release.releases import open_release
from minhu.standalone import postgres

TABLE = "kpi_results"
READERS: dict[str, str] = {
    "all cells counted": "select count(*) from published.kpi_results",
    "default months counted": "select count(*) from published.fct_kpi_results",
    "one KPI of districts, by week": "select * from published.kpi_results "
    "where kpi_id = 'H04' and unit_type = 'district' and period_type = 'week'",
    "one KPI of one unit, by month": "select * from published.kpi_results "
    "where unit_code = '610102' and kpi_id = 'H04' and period_type = 'month'",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, help="a city with two releases")
    parser.add_argument("--nights", type=int, default=30, help="of history (default 30; a database keeps 35)")
    options = parser.parse_args()
    found = {}
    for nights in (0, options.nights):
        with tempfile.TemporaryDirectory(prefix="minhu-history-") as place:
            found[f"{nights} nights of history"] = _measure(options.home, Path(place), nights)
    Console().print_json(json.dumps(found))
    return 0


def _measure(home: Path, place: Path, nights: int) -> dict[str, Any]:
    settings = settings_at(home)
    events = Ledger(settings.ledger_path).events()
    known = release_events(events)
    contract = published_contract.load(settings.dbt_dir)
    first, last = [event for event in events if event.kind == "release"][-2:]
    opened = partial(open_release, settings, known)
    postgres.start(place)
    try:
        uri = postgres.uri(place, "publisher")
        published.follow_ledger(uri, [first], contract, opened, lambda _: None)
        lying = _add_history(place, nights) if nights else 0
        spent: dict[str, dict[str, float]] = {}
        with timed(place, spent, "load of one release"):
            published.follow_ledger(uri, [first, last], contract, opened, lambda _: None)
        with psycopg.connect(postgres.uri(place, "reader"), autocommit=True) as connection:
            for name, query in READERS.items():
                with timed(place, spent, name):
                    connection.execute(query.encode()).fetchall()
    finally:
        postgres.stop(place)
    return {"row versions of kpi_results that lie there": lying, **spent}


def _add_history(place: Path, nights: int) -> int:
    """A version for each night of every cell whose period runs, closed by the night after; how many versions lie there now."""
    with psycopg.connect(postgres.superuser_uri(place, "minhu"), autocommit=True) as connection:
        columns = listed(columns_of(connection, TABLE))
        for night in range(1, nights + 1):
            connection.execute(
                sql.SQL(
                    "insert into {versions} ({columns}, part, row_hash, from_release, to_release) "
                    "select {columns}, part, md5(row_hash::text || {salt})::uuid, {night}, {night} + 1 "
                    "from {versions} where to_release is null and is_provisional"
                ).format(versions=versions_of(TABLE), columns=columns, salt=str(night), night=sql.Literal(-night))
            )
        connection.execute(sql.SQL("vacuum analyze {}").format(versions_of(TABLE)))
        (count,) = connection.execute(sql.SQL("select count(*) from {}").format(versions_of(TABLE))).fetchone() or (0,)
    return int(count)


if __name__ == "__main__":
    sys.exit(main())
