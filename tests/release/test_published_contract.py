"""The contract of what is published: what it says, what it refuses, and what PostgreSQL shows of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from minhu.errors import PermanentError
from minhu.release import published_contract
from minhu.release.published_tables import postgres_type

from .checks import as_before, files_equal_postgres
from .conftest import CELLS, D19, D20, D21, Home, offered_project

CONTRACT = published_contract.load()


def test_every_published_model_is_described_and_public() -> None:
    folder = published_contract.PROJECT_ROOT / "dbt_project" / published_contract.MODELS
    models = {path.stem for path in folder.glob("*.sql")}
    assert {table.model for table in CONTRACT.tables.values()} == models
    for model in models:
        (described,) = yaml.safe_load((folder / f"{model}.yml").read_text(encoding="utf-8"))["models"]
        assert described["config"]["access"] == "public", model


def test_texts_are_chinese_and_english() -> None:
    for table in CONTRACT.tables.values():
        for name, text in [("", table.text), *((column.name, column.text) for column in table.columns)]:
            assert re.search("[一-鿿]", text.zh), (table.name, name)
            assert not re.search("[一-鿿]", text.en), (table.name, name)


def test_what_may_be_null_says_when() -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in CONTRACT.tables.values()
        for column in table.columns
        if column.is_nullable and not ("空" in column.text.zh and re.search("null|empty|means", column.text.en))
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m["config"]["contract"].update(enforced=False), "its contract is not enforced"),
        (lambda m: m["config"]["meta"].update(keys=[]), "meta says 'keys', which nobody reads"),
        (lambda m: m["config"]["meta"].pop("primary_key"), "meta names no primary_key"),
        (lambda m: m["config"]["meta"].update(nullable=["gone"]), "meta names a column 'gone'"),
        (lambda m: m["config"]["meta"].update(codes={"status": "fate"}), "the code list 'fate', which published_codes.yml"),
        (lambda m: m["config"]["meta"].update(references=[{"columns": ["rule_id"], "to": "rules"}]), "refers to rules, which"),
        (lambda m: m["config"].update(alias="releases"), "the name 'releases' cannot be published"),
        (lambda m: m["columns"][0].update(name="part"), "meta names a column 'waiver_id'"),
        (lambda m: m["columns"].append({**m["columns"][0], "name": "part"}), "the name 'part' cannot be published"),
        (lambda m: m["columns"][0].update(data_type="text"), "column waiver_id has the type 'text', expected one of varchar"),
        (lambda m: m["columns"][0].update(description="Only English"), "described in 1 lines, expected two: Chinese"),
        (lambda m: m["columns"][0].update(description="{{ doc('x') }}"), "described by doc block 'x', which no file"),
    ],
)  # fmt: skip
def test_contract_that_leaves_something_open_is_refused_by_name(tmp_path: Path, change: Any, says: str) -> None:
    dbt_dir = offered_project(tmp_path) / "dbt_project"
    path = dbt_dir / published_contract.MODELS / "waivers.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content["models"][0])
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(PermanentError, match=re.escape(says)) as told:
        published_contract.load(dbt_dir)
    assert "waivers.yml" in str(told.value)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "update publish.kpi_results set verdict = 'PUBLISH' where unit_code = 'U2'",
            "kpi_results against the contract of what is published: column verdict: expected words of verdict (PUBLISHED, "
            "PUBLISHED_WITH_NOTE, BAND_ONLY, SUPPRESSED, WITHHELD, NOT_RATED), found 'PUBLISH' - mend the model, or add",
        ),
        ("update publish.kpi_contract set levels = 'city town'", "column levels: expected words of unit_type"),
        ("update publish.kpi_results set is_stale = null", "column is_stale is null in 5 of 5 rows"),
        ("update publish.kpi_results set variant = null", "key column variant is null in 5 of 5 rows"),
        ("delete from publish.kpi_contract where kpi_id = 'H06'", "kpi_id and variant refer to kpi_contract, which does not have H06 main"),
        ("alter table publish.waivers alter reason type bigint", "column reason: expected varchar, found bigint"),
        ("alter table publish.dim_units drop column unit_kind", "column unit_kind: expected varchar, found none"),
        (
            "create or replace table publish.waivers as select * exclude (author), author from publish.waivers",
            "waivers against the contract of what is published: expected the columns in the order waiver_id, rule_id",
        ),
    ],
)  # fmt: skip
def test_rows_that_break_the_contract_stop_the_release_before_anything_is_written(
    home: Home, statement: str, says: str
) -> None:
    home.build(D20)
    home.change(statement)
    with pytest.raises(PermanentError, match=re.escape(says)):
        home.publish(D20)
    assert not home.settings.releases_dir.exists()
    assert list(home.settings.store_dir.rglob("*.parquet")) == []


def test_a_rule_that_nobody_registered_stops_no_release(home: Home) -> None:
    """A source may bring a rule of its own: its cells say why they are withheld, and all others are published."""
    home.build(D20)
    home.change("update publish.kpi_results set rule_id = 'L1-PRK-099'")
    assert home.publish(D20).is_new


def test_what_a_source_calls_its_own_stops_no_release(home: Home) -> None:
    home.build(D20)
    home.change("update publish.dim_units set unit_kind = 'task force'")
    home.publish(D20)
    assert home.rows("select distinct unit_kind from published.dim_units") == [("task force",)]


def test_postgres_shows_the_contract(home: Home) -> None:
    home.night(D20)
    for table in published_contract.load(home.settings.dbt_dir).tables.values():
        commented = dict(home.rows(
            "select attribute.attname::text, col_description(attribute.attrelid, attribute.attnum) from pg_attribute as attribute "
            "where attribute.attrelid = %s::regclass and attribute.attnum > 0", f"published.{table.name}"
        ))  # fmt: skip
        for column in table.columns:
            assert commented[column.name] == f"{column.text.zh}\n{column.text.en}", (table.name, column.name)
        assert all(commented.values()), table.name
        (said,) = home.rows("select obj_description(%s::regclass)", f"published.{table.name}")
        assert said == (f"{table.text.zh}\n{table.text.en}",)
        kinds = dict(home.rows(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute where attrelid = %s::regclass and attnum > 0",
            f"published.{table.name}",
        ))  # fmt: skip
        assert {column.name: postgres_type(column.arrow_type) for column in table.columns}.items() <= kinds.items()
        assert _key(home, table.name) == list(table.primary_key)


def test_readers_first_questions_have_an_index(home: Home) -> None:
    home.night(D20)
    keys = {row[0] for row in home.rows("select indexdef from pg_indexes where tablename = 'kpi_results_versions'")}
    for columns in ("kpi_id, unit_type, period_type, period_start", "unit_code, kpi_id, period_type, period_start"):
        assert any(definition.endswith(f"({columns})") for definition in keys), columns


def test_default_months_are_counted_and_hidden_ones_listed_without_the_other_cells(home: Home) -> None:
    home.night(D20)
    home.execute("vacuum analyze published_store.kpi_results_versions")
    with psycopg.connect(home.uri, options="-c enable_seqscan=off -c enable_bitmapscan=off") as connection:
        for asked, index in (
            ("select count(*) from published.fct_kpi_results", "kpi_results_default_months"),
            ("select rule_id from published.fct_kpi_results where value is null", "kpi_results_hidden_months"),
        ):
            plan = "\n".join(str(row[0]) for row in connection.execute(f"explain {asked}".encode()))
            of_partitions = _of_partitions(home, index)
            assert len(of_partitions) == 2
            assert all(f"using {each} on kpi_results_" in plan for each in of_partitions), plan


def test_database_of_before_the_contract_gets_comments_key_and_indexes_with_the_next_release(home: Home) -> None:
    home.night(D19)
    as_before(home)
    assert indexes(home) == {}
    home.night(D20)
    assert _key(home, "kpi_results")[-2:] == ["period_start", "caliber"]
    assert home.rows("select col_description('published.kpi_results'::regclass, 3)")[0][0].startswith("指标编号")
    told = [line for line in home.said if line.endswith("are those of the contract")]
    home.night(D21)
    assert [line for line in home.said if line.endswith("are those of the contract")] == told  # and nothing after that
    assert files_equal_postgres(home) == 3


def test_a_column_of_a_key_may_be_null_from_now_on(home: Home) -> None:
    home.night(D19)
    path = home.settings.dbt_dir / published_contract.MODELS / "published_units.yml"
    content = yaml.safe_load(path.read_text())
    meta = content["models"][0]["config"]["meta"]
    meta["nullable"] = [*meta.get("nullable", []), "unit_code"]
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    published_contract.load.cache_clear()
    home.build(D20)
    home.insert("dim_units", [{"unit_name": "无编号的单位"}])
    home.publish(D20)
    assert home.rows("select unit_name from published.dim_units where unit_code is null") == [("无编号的单位",)]
    assert _key(home, "dim_units") == ["unit_code"]
    assert files_equal_postgres(home) == 2


def test_rows_that_break_a_key_stay_and_the_key_is_an_index(home: Home) -> None:
    home.night(D19)
    as_before(home)
    home.execute(
        "insert into published_store.dim_units_versions select * from published_store.dim_units_versions where unit_code = 'U1'"
    )
    home.night(D20)
    assert _key(home, "dim_units") == []
    assert ("unit_code",) in [tuple(columns.split()) for columns in indexes(home, "dim_units").values()]
    assert any(line.startswith("dim_units: no primary key, for rows that stand there break it") for line in home.said)
    assert home.rows("select count(*) from published.kpi_results") == [(len(CELLS),)]


def indexes(home: Home, name: str = "kpi_results") -> dict[str, str]:
    """Indexes of a versioned table, and of its open rows alone, with their columns."""
    return dict(home.rows(
        "select relname::text, (select string_agg(attname::text, ' ' order by position) "
        "from unnest(indkey) with ordinality as place (number, position) "
        "join pg_attribute on attrelid = indrelid and attnum = place.number) "
        "from pg_index join pg_class on pg_class.oid = indexrelid "
        "where not relispartition and indrelid in (to_regclass(%s), to_regclass(%s))",
        f"published_store.{name}_versions", f"published_store.{name}_open",
    ))  # fmt: skip


def _of_partitions(home: Home, index: str) -> list[str]:
    return [
        row[0]
        for row in home.rows(
            "select relname::text from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = %s::regclass",
            f"published_store.{index}",
        )
    ]


def _key(home: Home, name: str) -> list[str]:
    """Columns that are unique among the open rows, by a primary key or an index over columns that may be null."""
    return [row[0] for row in home.rows(
        "select attname::text from pg_index cross join unnest(indkey) with ordinality as place (number, position) "
        "join pg_attribute on attrelid = indrelid and attnum = place.number "
        "where indrelid = %s::regclass and indisunique order by position", f"published_store.{name}_open",
    )]  # fmt: skip
