"""What LibreOffice opens is what was exported: cell by cell, numbers as numbers, dates as dates, and nothing that runs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from minhu.analysis.downloads.download import export
from minhu.analysis.downloads.kinds import Kind
from minhu.analysis.downloads.selection import Selection
from tests.fixtures.waiting import PATIENCE

from .conftest import CELLS, D20, Home

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice here: apt-get install libreoffice-calc-nogui")
HOSTILE = (
    "=1+1", '=HYPERLINK("http://a")', "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "＝1", "{=1+1}", 'a"b,c', "<b>甲</b>",
    "\u202eעברית\u202c", "007", "2026-01-01", "1e5", "长" * 200,
)  # fmt: skip


@pytest.fixture
def opened(home: Home, tmp_path: Path) -> dict[Kind, tuple[Path, Path]]:
    """Each kind of file with the workbook that LibreOffice made of it."""
    home.build(D20, CELLS)
    for name in HOSTILE:
        text = name.replace("'", "''")
        home.change(
            f"insert into publish.kpi_results by name (select * replace ('{text}' as unit_name, '{text}' as unit_code) "
            "from publish.kpi_results where kpi_id = 'H06' order by all limit 1)"
        )
    home.publish(D20)
    made = {}
    for kind in (Kind.xlsx, Kind.csv):
        path = export(home.settings, Selection(("H06",), periods=("day",)), kind, tmp_path).path
        out = tmp_path / f"from_{kind}"
        comma_utf8 = ["--infilter=CSV:44,34,76"] if kind is Kind.csv else []
        assert SOFFICE is not None
        subprocess.run(
            [SOFFICE, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", *comma_utf8,
             "--convert-to", "xlsx", "--outdir", out, path],
            check=True, capture_output=True, timeout=PATIENCE,
        )  # fmt: skip
        made[kind] = (path, out / f"{path.stem}.xlsx")
    return made


def cells(path: Path) -> Iterator[tuple[str, Any]]:
    """Every cell that says something, by its sheet and place."""
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            yield from ((f"{sheet.title}!{cell.coordinate}", cell) for cell in row if cell.value is not None)


def test_what_libreoffice_opens_is_what_was_exported_and_nothing_runs(opened: dict[Kind, tuple[Path, Path]]) -> None:
    exported, read = (dict(cells(path)) for path in opened[Kind.xlsx])
    assert {place: cell.value for place, cell in read.items()} == {
        place: pytest.approx(cell.value, rel=1e-14) if isinstance(cell.value, float) else cell.value
        for place, cell in exported.items()
    }
    assert {cell.data_type for cell in read.values()} == {"s", "n", "d"}
    figures = [cell for cell in read.values() if isinstance(cell.value, float)]
    assert figures and {cell.number_format for cell in figures} == {"0.0%"}
    assert {cell.number_format for cell in read.values() if isinstance(cell.value, datetime)} == {
        "yyyy\\-mm\\-dd", "yyyy\\-mm\\-dd\\ hh:mm",
    }  # fmt: skip
    for _, path in opened.values():
        found = [cell for _, cell in cells(path)]
        assert [cell.value for cell in found if cell.data_type == "f"] == []
        shown = {str(cell.value).removeprefix("'") for cell in found}
        assert {name for name in HOSTILE if name[0] in "=+-@＝{"} <= shown
