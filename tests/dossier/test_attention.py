"""What needs a person stands on the dossier's first page: what is missing, and which rules withhold how many cells."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from minhu.release.release_folder import Release
from tests.dossier.conftest import write
from tests.dossier.homes import add_release, empty_home, with_column
from tests.dossier.reading import read

pytestmark = pytest.mark.nights(2)

#: Of the months that this test withholds.
RULE, KPI, MONTH = "L2-HOT-006", "H06", date(2026, 11, 1)


def is_held(row: dict[str, Any]) -> bool:
    return (row["kpi_id"], row["period_type"], row["period_start"]) == (KPI, "month", MONTH)


def held(table: Any) -> Any:
    table = with_column("rule_id", lambda row: RULE if is_held(row) else "")(table)
    return with_column("verdict", lambda row: "WITHHELD" if is_held(row) else "PUBLISHED")(table)


def rows_of(folder: Path) -> list[list[str]]:
    (rows,) = (
        rows for caption, rows in read(folder / "index.html").tables.items() if caption.startswith("需要人处理的")
    )
    return rows[1:]


def test_a_missing_source_and_a_rule_that_withholds_are_named_with_what_they_touch(
    night: Release, tmp_path: Path
) -> None:
    home = empty_home(tmp_path / "home")
    changes = {file.name: held for file in night.files if file.table == "kpi_results"}
    release = add_release(home, night, night.business_date, changes, stale_sources=["grid"])
    found = rows_of(write(home, tmp_path / "pages"))
    cells = sum(map(is_held, release.table("kpi_results").to_pylist()))
    assert cells > 10
    assert found[0][0].endswith("没有可用的到达，沿用旧值")
    (of_rule,) = (row for row in found if row[0].startswith(RULE))
    rules = night.table("quality_rules")
    failed = rules.filter(pc.field("rule_id") == RULE)["rows_failed"][0].as_py()
    assert of_rule[1:3] == [f"{cells:,}", f"{failed:,}"] and of_rule[3] not in ("", "–")


def test_a_night_in_which_nothing_is_amiss_says_so(night: Release, tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    sound = with_column("verdict", lambda _: "PUBLISHED")
    changes = {file.name: sound for file in night.files if file.table == "kpi_results"}
    balanced = {"conservation.parquet": with_column("difference", lambda _: 0)}
    add_release(home, night, night.business_date, {**changes, **balanced}, stale_sources=[])
    page = read(write(home, tmp_path / "pages") / "index.html")
    assert not [caption for caption in page.tables if caption.startswith("需要人处理的")], "no row of a table"
    assert "需要人处理的（0 项）" in page.text and "本夜没有需要人处理的事" in page.text
