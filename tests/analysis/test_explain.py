"""``minhu explain`` on a simulated city: rows that are found are the rows that were counted, and nobody's name is told."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from minhu.analysis.explain import evidence, landed, records, text
from minhu.analysis.explain.counting import COUNTINGS, NOT_LISTED
from minhu.analysis.explain.evidence import Anchor
from minhu.analysis.explain.explanation import Explanation, explain
from minhu.analysis.explain.lineage import Graph
from minhu.analysis.explain.question import key_of, write_period
from minhu.analysis.explain.words import ANCHORS, of_anchor
from minhu.analysis.query import offered_release, run_sql
from minhu.cli.app import app
from minhu.landing.contracts import TABLES
from minhu.release.release_folder import Release
from minhu.settings import Settings
from tests.fixtures.homes import settings_at

pytestmark = pytest.mark.nights(2)
Nights = tuple[Settings, Release, Release]
#: Cells of each KPI and level whose rows are counted again: as many kinds of period and calibers as there are cells.
CELLS_OF_A_LEVEL = 2


@pytest.fixture(scope="module")
def one(nights: Nights) -> Explanation:
    return explain(nights[0], "H06", "610104", "2026-11", rows=50)


def cells(home: Settings, condition: str, order: str, most: int) -> list[dict[str, Any]]:
    rows = run_sql(home, f"select * from kpi_results where {condition} order by {order} limit {most}").to_pylist()
    return [dict(row) for row in rows]


def ask(home: Settings, cell: dict[str, Any], **options: Any) -> Explanation:
    return explain(
        home, cell["kpi_id"], cell["unit_code"], write_period(cell["period_type"], cell["period_start"]),
        variant=cell["variant"], caliber=cell["caliber"], level=cell["unit_type"], **options,
    )  # fmt: skip


def test_the_records_found_are_what_was_counted(nights: Nights) -> None:
    """Every KPI whose records are listed, at each of its levels: they add up to the published counts, exactly."""
    home, _, release = nights
    graph, seen, wrong = Graph.read(home), Counter[tuple[str, str, str]](), []
    with offered_release(home) as published, records.open_work(home) as work:
        rows = published.execute(
            """select results.* from kpi_results as results inner join kpi_contract as contract using (kpi_id, variant)
               where list_contains(?, contract.count_model) and not results.is_stale and results.numerator > 0
               qualify row_number() over (
                   partition by results.kpi_id, results.variant, results.unit_type
                   order by md5(concat_ws(' ', results.unit_code, results.period_type, results.period_start, results.caliber))
               ) <= ?""",
            [list(COUNTINGS), CELLS_OF_A_LEVEL],
        ).to_arrow_table()
        for cell in rows.to_pylist():
            contract = evidence.read_contract(published, key_of(cell))
            found = records.find_records(work, graph, release, cell, contract, key_of(cell))
            seen[cell["kpi_id"], cell["variant"], contract["count_model"]] += 1
            if not (found.is_listed and found.is_of_release and found.is_complete):
                wrong.append((key_of(cell), found.why_not, found.numerator, found.denominator))
        listed = published.execute(
            "select kpi_id, variant, count_model from kpi_contract where list_contains(?, count_model)",
            [list(COUNTINGS)],
        ).fetchall()
    assert not wrong
    assert {model for _, _, model in seen} == set(COUNTINGS)
    assert {kpi for kpi in listed if kpi not in seen} <= {("H06", "claimed", "orders")}, "this city claims nothing"


def test_every_count_model_is_listed_or_says_why_not(nights: Nights) -> None:
    models = {row["count_model"] for row in run_sql(nights[0], "select count_model from kpi_contract").to_pylist()}
    assert models == set(COUNTINGS) | set(NOT_LISTED)
    assert not set(COUNTINGS) & set(NOT_LISTED)


def test_the_landed_rows_stand_where_it_says(nights: Nights, one: Explanation) -> None:
    home = nights[0]
    assert one.landed.record_count == one.cell["denominator"] and one.landed.is_complete
    by_name = {table.full_name: table for table in TABLES}
    assert {row.table for row in one.landed.rows} >= {"hotline.work_orders", "hotline.order_events"}
    hashes = {file.file: file.sha256 for file in one.landed.files}
    for row in one.landed.rows:
        table = by_name[row.table]
        data = pq.read_table(home.home / row.file, partitioning=None).slice(row.row - 1, 1).to_pylist()[0]
        assert data["order_id"] == row.record
        assert row.row_key == " ".join(str(data[column]) for column in table.key)
        assert row.version_at == (data[table.version] if table.version else None)
        manifest = json.loads((home.home / row.file).with_name("manifest.json").read_text(encoding="utf-8"))
        assert (manifest["attempt"], manifest["business_date"]) == (row.attempt, row.business_date.isoformat())
        assert hashes[row.file] == manifest["files"][0]["sha256"]


def test_the_version_that_counts_is_the_one_the_build_holds(nights: Nights, one: Explanation) -> None:
    counted = {
        row.record: (row.version_at, row.business_date, row.attempt)
        for row in one.landed.rows
        if row.table == "hotline.work_orders" and row.is_counted
    }
    assert set(counted) == {record.key for record in one.landed.records} and len(counted) == len(one.landed.records)
    with records.open_work(nights[0]) as work:
        held = work.engine.execute(
            f"select order_id, updated_at, landed_date, landed_attempt from {records.KEPT}.intermediate.int_orders_latest "
            "where list_contains(?, order_id)",
            [list(counted)],
        ).fetchall()
    assert {order: tuple(rest) for order, *rest in held} == counted


def test_the_deciding_rule_is_among_the_findings(nights: Nights) -> None:
    """The rule that a cell's verdict names is a finding that touches it, for whatever cells were blocked or noted."""
    home, _, release = nights
    decided = "rule_id not like 'L4-KPI-%' and rule_id <> '' and not is_stale"
    noted = cells(home, decided, "md5(concat_ws(' ', kpi_id, unit_code, period_type, period_start))", 60)
    assert len({cell["rule_id"] for cell in noted}) > 3
    with offered_release(home) as published, records.open_work(home) as work:
        standing = work.standing_findings()
        published.register("standing", standing)
        for cell in noted:
            told = evidence.touching_findings(
                home, published, key_of(cell), cell["period_end"], release.business_date, standing
            )
            assert cell["rule_id"] in {finding["rule_id"] for finding in told}, cell
    assert release.business_date == work.business_date


def test_a_hidden_figure_stays_hidden(nights: Nights) -> None:
    """Of a suppressed rate the cases are known, not which of them are in the numerator."""
    (cell,) = cells(
        nights[0], "verdict = 'SUPPRESSED' and kpi_id = 'H06' and variant = 'main' and denominator > 1", "all", 1
    )
    told = ask(nights[0], cell)
    assert told.landed.is_listed and told.landed.is_complete
    assert told.landed.numerator is None and {record.numerator for record in told.landed.records} == {None}
    assert "分子" not in "\n".join(line for line in text.lines(told) if line.startswith("  X"))


def test_models_lead_from_landed_tables_to_what_is_published(one: Explanation) -> None:
    assert one.models["landed"][0] == "hotline.work_orders"
    assert "stg_hotline__work_orders" in one.models["staging"] and "fct_work_orders" in one.models["core"]
    assert {"kpi_rates", "kpi_values", "kpi_verdicts"} <= set(one.models["kpis"])
    assert one.models["publish"] == ["kpi_results"]
    named = [name for names in one.models.values() for name in names]
    assert not [name for name in named if name.endswith(("_to_count", "_changed"))], (
        "what plans a build makes no figure"
    )
    assert not [name for name in named if "call" in name and "callback" not in name], "calls are in no order's figure"


def test_history_tells_each_version_and_an_older_release_says_what_it_cannot(nights: Nights, one: Explanation) -> None:
    home, first, last = nights
    assert [version.release_id for version in one.versions] == [first.release_id, last.release_id]
    assert all(version.figures for version in one.versions) and one.versions[0].figures != one.versions[1].figures
    old = explain(home, "H06", "610104", "2026-11", release_id=first.release_id, rows=3)
    assert old.versions == one.versions and not old.is_current
    assert old.cell["denominator"] == (one.versions[0].figures or {})["denominator"]
    assert not old.landed.is_of_release and old.landed.work_business_date == last.business_date
    assert "the work file is of the night 2026-11-21, not of this release" in "\n".join(text.lines(old))


def test_a_restated_cell_has_its_cause(nights: Nights) -> None:
    log = run_sql(
        nights[0], "select * from kpi_restatements where causes like '%late_rows%' order by all limit 1"
    ).to_pylist()
    told = ask(nights[0], log[0], rows=0)
    assert told.versions[-1].restatement is not None
    assert told.versions[-1].restatement["causes"] == log[0]["causes"]
    assert "迟到记录 late records" in "\n".join(text.lines(told))


def test_without_a_work_file_the_release_still_speaks(nights: Nights, tmp_path: Path) -> None:
    home = nights[0]
    copy = tmp_path / "home"
    shutil.copytree(
        home.home, copy, ignore=shutil.ignore_patterns("warehouse", "dbt", "postgres*", "landing", "simulator")
    )
    told = explain(settings_at(copy), "H06", "610104", "2026-11")
    assert told.cell["denominator"] is not None and told.findings is not None and len(told.versions) == 2
    assert not told.landed.is_listed and "found nothing there - run a night on this home" in told.landed.why_not
    assert told.models["contract"], "the contract's own inputs"


def test_a_cut_off_build_is_not_read(nights: Nights, tmp_path: Path) -> None:
    home = nights[0]
    copy = tmp_path / "home"
    shutil.copytree(home.home, copy, ignore=shutil.ignore_patterns("dbt", "postgres*", "landing", "simulator"))
    with duckdb.connect(str(settings_at(copy).warehouse_path)) as work:
        work.execute("update raw.build_state set status = 'building'")
    told = explain(settings_at(copy), "H06", "610104", "2026-11")
    assert not told.landed.is_listed and "the last build did not end" in told.landed.why_not


def test_the_command_prints_text_and_json(nights: Nights, one: Explanation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINHU_HOME", str(nights[0].home))
    arguments = ["explain", "H06", "莲湖区", "2026-11", "--rows", "50"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines() == list(text.lines(one))
    assert "与公布一致 exactly what is published" in shown.stdout
    answer = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert answer == one.as_dict()
    assert set(answer) == {
        "format", "release_id", "business_date", "is_current", "cell", "contract", "anchors", "models", "findings",
        "waivers", "landed", "versions", "notes",
    }  # fmt: skip


def test_no_person_is_told(nights: Nights, one: Explanation) -> None:
    """Neither pseudonyms of persons nor anything else that landed beside business keys and times."""
    answer = json.dumps(one.as_dict(), ensure_ascii=False)
    told = 0
    for row in one.landed.rows:
        data = pq.read_table(nights[0].home / row.file, partitioning=None).slice(row.row - 1, 1).to_pylist()[0]
        for column, value in data.items():
            if column.endswith("_key") or column in ("location_cell", "content_hash"):
                told += value is not None
                assert value is None or value not in answer, column
    assert told > 0
    assert set(landed.LandedRow.__dataclass_fields__) == {
        "table", "record", "row_key", "business_date", "attempt", "file", "row", "version_at", "is_counted",
    }  # fmt: skip


def test_every_cohort_date_of_the_contract_has_words(nights: Nights) -> None:
    named = {
        anchor
        for row in run_sql(nights[0], "select anchors from kpi_contract").to_pylist()
        for anchor in (row["anchors"] or "").split()
    }
    assert named and named <= set(ANCHORS)
    assert of_anchor(Anchor("a.b", "c")).zh == "a.b/c", "one nobody named is its code"
