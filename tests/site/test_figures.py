"""Every figure of the site is that of a shown cell, and nothing on it depends on one that is hidden."""

from __future__ import annotations

import html
import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from minhu.release.release_folder import Release
from minhu.reports import site
from minhu.reports.site.drawing.scale import of_time
from minhu.reports.site.drawing.series import _time_axis
from minhu.settings import Settings

from .conftest import empty_home
from .synthetic import WITHOUT_SHOWN, add_synthetic

_FIGURE = re.compile(r'<b data-cell="([^"]*)">(.*?)</b>', re.DOTALL)
_HIDDEN = ("SUPPRESSED", "WITHHELD", "NOT_RATED")


@pytest.fixture(scope="module")
def cells(release: Release) -> dict[str, tuple[str, float | None, float | None, float | None, str]]:
    """Verdict, value, bounds and unit of the main variants by the key of their cell."""
    rows = duckdb.sql(f"""
        select concat_ws('/', kpi_id, variant, unit_type, unit_code, period_start, caliber), verdict, value, ci_low, ci_high, unit
        from read_parquet('{release.path}/kpi_results.parquet') as cells
        inner join read_parquet('{release.path}/kpi_contract.parquet') as kpis using (kpi_id, variant)
    """).fetchall()  # fmt: skip
    return {row[0]: row[1:] for row in rows}


def test_every_figure_is_that_of_a_shown_cell(pages: dict[str, str], cells: dict[str, tuple[object, ...]]) -> None:
    seen = 0
    for address, page in pages.items():
        for key, text in _FIGURE.findall(page):
            verdict, value, *_, unit = cells[html.unescape(key)]
            assert verdict not in _HIDDEN, f"{address} tells {key}"
            assert isinstance(value, float)
            said = float(re.sub("<[^>]*>", " ", text).split()[0].replace(",", "").replace("−", "-"))
            assert said == pytest.approx(
                100 * value if unit == "share" else value, abs=0.51 if unit == "count" else 0.051
            ), key
            seen += 1
    assert seen > 500


def test_a_kpi_without_any_shown_cell_has_a_page_without_figures(pages: dict[str, str]) -> None:
    page = pages[f"kpi/{WITHOUT_SHOWN}.html"]
    assert "&lt;b&gt;从未公布&lt;/b&gt;" in page and "data-cell" not in page
    assert "<polyline" not in page and "[c] " in page and "[x] " in page
    assert (
        "隐去" in page.split("<h1>")[1].split("</section>")[0] or "暂缓" in page.split("<h1>")[1].split("</section>")[0]
    )


def test_scripts_hold_shown_figures_alone(folder: Path, cells: dict[str, tuple[object, ...]]) -> None:
    shown = hidden = 0
    for path in sorted((folder / "data").glob("*.js")):
        call = re.fullmatch(r'minhuCells\("([A-Z0-9]+)",(\{.*\})\);\n', path.read_text(encoding="utf-8"))
        assert call is not None
        for unit, months in json.loads(call[2])["cells"].items():
            for month, figures in months.items():
                verdict, value, low, high, _ = cells[f"{call[1]}/main/{unit}/{month}/full"]
                if isinstance(figures, str):
                    assert verdict in _HIDDEN
                    hidden += 1
                else:
                    assert verdict not in _HIDDEN
                    for told, known in zip(figures, (value, low, high), strict=False):
                        assert told == known or told == pytest.approx(known, rel=1e-5)
                    shown += 1
    assert shown > 1000 and hidden > 100


def test_a_point_is_drawn_for_each_shown_month_and_none_for_a_hidden_one(
    pages: dict[str, str], cells: dict[str, tuple[object, ...]]
) -> None:
    hidden = 0
    for kpi_id in ("H06", "H08", "X02"):
        chart = re.search(r'<svg class="series chart".*?</svg>', pages[f"kpi/{kpi_id}.html"], re.DOTALL)
        assert chart is not None
        of_city = [
            v for key, (v, *_) in cells.items() if key.startswith(f"{kpi_id}/main/city/") and key.endswith("/full")
        ]
        assert chart[0].count("<circle") == sum(verdict not in _HIDDEN for verdict in of_city)
        hidden_here = sum(verdict in _HIDDEN for verdict in of_city)
        assert chart[0].count('class="hidden-mark"') == hidden_here
        hidden += hidden_here
    assert hidden > 0


def test_nothing_depends_on_what_a_hidden_cell_holds(tmp_path: Path, release: Release, home: Settings) -> None:
    """Were there figures in hidden cells, by a fault of the release, the site would be the same to the byte."""
    other = add_synthetic(empty_home(tmp_path / "home"))
    results = other.path / "kpi_results.parquet"
    with duckdb.connect(":memory:") as db:
        hidden = f"verdict in {_HIDDEN}"
        db.execute(f"""
            create table altered as select * replace (
                case when {hidden} then 0.123456 else value end as value, case when {hidden} then 0.1 else ci_low end as ci_low,
                case when {hidden} then 0.2 else ci_high end as ci_high, case when {hidden} then 7 else numerator end as numerator,
                case when {hidden} then 777777 else denominator end as denominator, case when {hidden} then 'worse' else band end as band
            ) from read_parquet('{results}')
        """)  # fmt: skip
        changed = db.execute(f"select count(*) from altered where {hidden}").fetchone()
        db.execute(f"copy altered to '{results}' (format parquet)")
        for table in ("peer_comparisons", "kpi_changes", "kpi_signals"):
            path = other.path / f"{table}.parquet"
            # rows of shown cells again, under the keys of hidden ones
            db.execute(f"""
                create table {table} as select * from read_parquet('{path}')
                union all by name select {table}.* replace (hidden.unit_code as unit_code) from read_parquet('{path}') as {table}
                inner join (select distinct kpi_id, unit_type, unit_code, period_start from altered where {hidden}) as hidden
                    using (kpi_id, unit_type, period_start)
            """)  # fmt: skip
            if table == "kpi_changes":  # and changes of shown cells against hidden ones
                db.execute(f"""
                    insert into kpi_changes select changes.* replace (hidden.period_start as compare_from, 0.5 as value_before,
                        0.4 as change)
                    from read_parquet('{path}') as changes inner join altered as hidden using (kpi_id, unit_type, unit_code, caliber)
                    where hidden.{hidden} and hidden.period_start < changes.period_start
                """)  # fmt: skip
            db.execute(f"copy {table} to '{path}' (format parquet)")
    assert changed is not None and changed[0] > 1000
    assert other.release_id == release.release_id
    assert dict(site.build(other)) == dict(site.build(release))


@pytest.mark.parametrize(
    ("days", "named"),
    [
        ([date(2026, 10, 1), date(2026, 11, 1)], "10 2026 11"),
        ([date(2026, 12, 1), date(2027, 1, 1)], "12 2026 1 2027"),
        ([date(2026, 10, 12), date(2026, 10, 19)], "10-12 2026 10-19"),
        ([date(2026, month, 1) for month in range(1, 13)], "1 2026 " + " ".join(map(str, range(2, 13)))),
    ],
)
def test_the_time_axis_names_months_as_months_also_where_there_are_few(days: list[date], named: str) -> None:
    axis = "".join(_time_axis(days, of_time(days, 0, 100), 10))
    assert " ".join(re.findall(r">([^<>]+)</text>", axis)) == named
