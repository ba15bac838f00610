"""Order files written by hand, a real PostgreSQL, and the files of real cities where they are there."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from minhu.extract.registry import Endpoint, names
from minhu.findings import Finding
from minhu.landing.night import Night
from minhu.order_files import LoadReport, load_orders
from minhu.order_files.mapping import OrderMap, read_map
from minhu.order_files.orders import Loaded, make_orders
from minhu.order_files.reading import read_files
from minhu.pipeline import stages
from minhu.release.release_folder import Release
from minhu.standalone import postgres
from tests.fixtures.databases import copied_database
from tests.fixtures.homes import build_and_publish, settings_at

FIXTURES = Path(__file__).parent / "fixtures"
PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared" / "data"

#: A sound row of the city smallville. A test says only in what its own rows differ.
SOUND = {
    "Year": "2022", "Number": "1", "Reference": "R1", "Opened": "2022-01-03 09:00:00", "Due": "2022-01-05 09:00:00",
    "Replied": "2022-01-03 10:00:00", "Closed": "2022-01-04 09:00:00", "Changed": "2022-01-04 09:00:00",
    "Status": "Done", "Source": "Phone", "SourceId": "1", "Kind": "Complaint", "Urgency": "now", "Parent": "",
    "DistrictId": "7", "District": "North", "Quarter": "Old Town", "UnitId": "U1", "Unit": "Roads",
    "Group": "Streets", "TypeId": "10", "Type": "Pothole", "Result": "fixed", "InTime": "1", "Phone": "555-0101",
}  # fmt: skip
Rows = Sequence[Mapping[str, str]]
Load = Callable[..., Loaded]


def write_rows(path: Path, rows: Rows) -> Path:
    """A file of smallville: each row is the sound one, with a number of its own, changed as said."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(SOUND), delimiter=";", lineterminator="\n")
        writer.writeheader()
        for number, row in enumerate(rows, start=1):
            # a second of its own, so that rows are twins only where a test says so
            own = {"Number": str(number), "Reference": f"R{number}", "Opened": f"2022-01-03 09:00:{number % 60:02d}"}
            writer.writerow({**SOUND, **own, **row})
    return path


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Turns rows of smallville (one list per file) into tables and findings, without a database."""

    def make(*files: Rows, map_text: str | None = None) -> Loaded:
        text = map_text or (FIXTURES / "smallville.toml").read_text(encoding="utf-8")
        map_path = tmp_path / "smallville.toml"
        map_path.write_text(text, encoding="utf-8")
        order_map = read_map(map_path)
        paths = [write_rows(tmp_path / f"orders-{n}.csv", rows) for n, rows in enumerate(files, start=1)]
        return make_orders(order_map, read_files(order_map, paths))

    return make


#: A map of few keys; a test adds what it is about.
PLAIN = """
[city]
code = "plainfield"
name = "Plainfield"
time_zone = "America/New_York"
place_code = "PF"
[file]
time_formats = ["%Y-%m-%d %H:%M"]
[columns]
order_id = "id"
created_at = "created"
due_at = "due"
closed_at = "closed"
status = "status"
[unit]
name = "unit"
[words.status]
C = "closed"
O = "open"
[absent]
calls = "none"
callbacks = "none"
grid = "none"
stations = "none"
replies = "none"
tiers = "none"
"""
Plain = Callable[..., Loaded]


def plain_map(path: Path, changes: Mapping[str, str]) -> OrderMap:
    """The plain map with texts replaced, written and read."""
    text = PLAIN
    for old, new in changes.items():
        assert old in text, f"the plain map has no {old!r}"
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return read_map(path)


@pytest.fixture
def plain(tmp_path: Path) -> Plain:
    """Turns files (name to content) into tables and findings by the plain map, changed as said."""

    def make(files: Mapping[str, str | bytes], changes: Mapping[str, str] = {}) -> Loaded:
        order_map = plain_map(tmp_path / "plainfield.toml", changes)
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return make_orders(order_map, read_files(order_map, [tmp_path / name for name in files]))

    return make


def found(loaded: Loaded, rule_id: str, column: str | None = None) -> list[Finding]:
    """The findings of one rule."""
    return [f for f in loaded.findings if f.rule_id == rule_id and column in (None, f.column_name)]


def order(loaded: Loaded, order_id: str) -> dict[str, object]:
    """One order by column, None where a value is missing."""
    orders = loaded.tables["work_orders"].set_index("order_id", drop=False)
    row = orders.loc[order_id].astype(object)
    return dict(row.where(row.notna(), None))


def real_files(*names: str) -> list[Path]:
    """Files of ../shared/data beside the checkout; the test is skipped where they are not there."""
    paths = [SHARED / name for name in names]
    for path in paths:
        if not path.is_file():
            pytest.skip(f"the real order file {path} is not there; this test needs ../shared beside the checkout")
    return paths


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("orders") / "postgres"
    postgres.start(folder)
    yield folder
    postgres.stop(folder)


@pytest.fixture
def uri(server: Path) -> str:
    """Connection string of a database without a schema hotline."""
    with psycopg.connect(postgres.uri(server, "source"), autocommit=True) as connection:
        connection.execute("drop schema if exists hotline cascade")
    return postgres.uri(server, "source")


def rows_of(uri: str, table: str) -> list[tuple[object, ...]]:
    """All rows of a table of the schema, sorted by their text."""
    statement = sql.SQL("select t.* from {} as t order by t::text").format(sql.Identifier("hotline", table))
    with psycopg.connect(uri) as connection:
        return connection.execute(statement).fetchall()


def publish_files(map_path: Path, file: Path, server: Path, uri: str, home: Path) -> tuple[LoadReport, str]:
    """What was loaded, and where the night on it published."""
    report = load_orders(map_path, [file], uri, home)
    published = copied_database(server, "template1", f"of_{report.city}")
    publish_night_of(report, uri, published, home)
    return report, published


def publish_night_of(report: LoadReport, uri: str, published: str, home: Path, with_reports: bool = False) -> Release:
    """The release of a night on what was loaded."""
    settings, day = settings_at(home), date.fromisoformat(report.business_date)
    for source in names():
        endpoint = Endpoint(uri if source == "hotline" else None)
        stages.land_source(Night(settings, day), source, endpoint)
        stages.validate_arrival(Night(settings, day), source, endpoint)
        arrival = stages.announce_arrival(Night(settings, day), source)
        assert arrival.status == ("accepted" if source == "hotline" else "absent")
    return build_and_publish(settings, published, day, with_reports)
