"""What files lack weighs on what is published of them: rows that became no order, orders set aside, orders without an end."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from minhu.order_files.mapping import read_map
from tests.order_files.conftest import PLAIN, publish_files

pytestmark = pytest.mark.nights(4)

HEADER = "id,created,due,closed,status,unit\n"
FLAGGED = """
[on_time]
role = "beside"
true_when = { flag = "ONTIME" }
false_when = { flag = "OVERDUE" }
"""


def cells(published: str, *kpis: str) -> dict[tuple[str, str], tuple[object, ...]]:
    """Cells of the city by KPI and month: numerator, denominator, verdict, rule."""
    with psycopg.connect(published) as connection:
        rows = connection.execute(
            "select kpi_id, to_char(period_start, 'YYYY-MM'), numerator::int, denominator::int, verdict, rule_id "
            "from published.kpi_results where kpi_id = any(%s) and caliber = 'full' and period_type = 'month' "
            "and unit_type = 'city' and variant = 'main' order by 1, 2",
            [list(kpis)],
        ).fetchall()
    return {(str(row[0]), str(row[1])): tuple(row[2:]) for row in rows}


def city(tmp_path: Path, code: str, changes: str = "") -> Path:
    path = tmp_path / f"{code}.toml"
    path.write_text(PLAIN.replace('code = "plainfield"', f'code = "{code}"') + changes, encoding="utf-8")
    read_map(path)
    return path


@pytest.mark.parametrize("flag", ["", FLAGGED], ids=["no flag", "a flag beside"])
def test_orders_set_aside_weigh_alike_with_and_without_a_flag_beside(
    flag: str, server: Path, uri: str, tmp_path: Path
) -> None:
    """Seventeen orders on time and three whose closing lies before their creation; eighty more without a deadline."""
    header = HEADER.replace("unit", "unit,flag")
    on_time = "".join(f"d{n},2024-01-02 10:00,2024-01-05 18:00,2024-01-04 10:00,C,A,ONTIME\n" for n in range(17))
    broken = "".join(f"b{n},2024-01-03 10:00,2024-01-05 18:00,2024-01-01 10:00,C,A,OVERDUE\n" for n in range(3))
    timeless = "".join(f"n{n},2024-01-05 09:00,,2024-01-05 12:00,C,A,ONTIME\n" for n in range(80))
    file = tmp_path / "orders.csv"
    file.write_text(header + on_time + broken + timeless, encoding="utf-8")
    code = "flagged" if flag else "plain"
    _, published = publish_files(city(tmp_path, code, flag), file, server, uri, tmp_path / "home")
    found = cells(published, "H06", "H04")
    assert found["H06", "2024-01"] == (None, None, "WITHHELD", "L2-HOT-004"), "3 of 20 are missing from it"
    assert found["H04", "2024-01"][2] == "PUBLISHED_WITH_NOTE", "3 of 100 are missing from that"
    with psycopg.connect(published) as connection:
        said = connection.execute(
            "select distinct rows_failed, rows_seen from published.quality_findings where rule_id = 'L2-HOT-004' "
            "and anchors = 'hotline.work_orders/in_force' and unit_type = 'city' and period_type = 'month'"
        ).fetchall()
    assert said == [(3, 20)], "each order once"


def test_rows_that_became_no_order_weigh_like_orders_set_aside(server: Path, uri: str, tmp_path: Path) -> None:
    """Of January a third has a creation time that nobody can read; all of February can be read."""
    lost = "".join(f"x{n},02.01.2024 10:00,2024-01-05 10:00,,O,A\n" for n in range(20))
    january = "".join(f"j{n},2024-01-03 10:00,2024-01-06 10:00,2024-01-04 10:00,C,A\n" for n in range(40))
    february = "".join(f"f{n},2024-02-01 10:00,2024-02-03 10:00,2024-02-02 10:00,C,A\n" for n in range(400))
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + lost + january + february + "z,2024-02-05 10:00,,,O,A\n", encoding="utf-8")
    report, published = publish_files(city(tmp_path, "lost"), file, server, uri, tmp_path / "home")
    assert (report.orders, report.rejected) == (441, 20)
    found = cells(published, "H04", "H06")
    assert found["H06", "2024-01"] == (None, None, "WITHHELD", "L2-HOT-012"), "their deadlines are of January"
    assert found["H06", "2024-02"][:2] == (400, 400)
    assert (found["H04", "2024-01"][2], found["H04", "2024-02"][2]) == ("PUBLISHED_WITH_NOTE", "PUBLISHED_WITH_NOTE")
    with psycopg.connect(published) as connection:
        shared_out = connection.execute(
            "select to_char(period_from, 'YYYY-MM'), rows_failed, rows_seen from published.quality_findings "
            "where rule_id = 'L2-HOT-012' and anchors = 'hotline.work_orders/created' and unit_type = 'city' "
            "and period_type = 'month' order by 1"
        ).fetchall()
    # nobody knows of which month twenty are: 20 * 40 / 441 and 20 * 401 / 441, rounded up
    assert shared_out == [("2024-01", 2, 42), ("2024-02", 19, 420)]


def test_an_order_that_is_over_without_a_closing_time_is_neither_on_time_nor_open(
    server: Path, uri: str, tmp_path: Path
) -> None:
    closed = "".join(f"c{n},2024-01-03 10:00,2024-01-06 10:00,2024-01-04 10:00,C,A\n" for n in range(60))
    cancelled = "".join(f"k{n},2024-01-03 10:00,2024-01-06 10:00,,C,A\n" for n in range(15))
    opened = "".join(f"o{n},2024-01-03 10:00,2024-01-06 10:00,,O,A\n" for n in range(5))
    later = "z1,2024-02-03 10:00,2024-02-06 10:00,2024-02-04 10:00,C,A\n"
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + closed + cancelled + opened + later, encoding="utf-8")
    _, published = publish_files(city(tmp_path, "cancelled"), file, server, uri, tmp_path / "home")
    found = cells(published, "H04", "H06")
    assert found["H04", "2024-01"][0] == 80, "an order needs no closing to be counted"
    assert found["H06", "2024-01"][:2] == (60, 80)
    with psycopg.connect(published) as connection:
        parts = connection.execute(
            "select left_count, parts, difference from published.conservation where identity = 'due' "
            "and unit_type = 'city' and month_start = '2024-01-01'"
        ).fetchall()
    assert parts == [(80, "60 + 0 + 5 + 15", 0)]
