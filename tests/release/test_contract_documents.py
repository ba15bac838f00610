"""What follows from the contract: dictionaries, glossary, the agreed shape, and whom a change of it concerns."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from minhu.cli.app import app
from minhu.errors import PermanentError
from minhu.release import published_contract
from minhu.release.published_contract import CODES, MODELS, PROJECT_ROOT
from minhu.reports import dictionary

CONTRACT = published_contract.load()


def test_documents_are_what_the_contract_says() -> None:
    assert dictionary.check(PROJECT_ROOT) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_dictionary_has_every_column(language: dictionary.Language) -> None:
    text = (PROJECT_ROOT / dictionary.DICTIONARIES[language]).read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == list(CONTRACT.tables)
    for name, table in CONTRACT.tables.items():
        assert re.findall(r"^\| `(\w+)` \|", sections[name], re.MULTILINE) == table.column_names
        assert not [c.name for c in table.columns if getattr(c.text, language) not in sections[name]]


def test_glossary_has_every_code_of_the_contract_and_no_other() -> None:
    text = (PROJECT_ROOT / dictionary.GLOSSARY).read_text(encoding="utf-8").split(dictionary.GENERATED)[1]
    told = set(re.findall(r"^\| (.+) \| (.+) \| `(.+)` \|$", text, re.MULTILINE))
    used = {column.codes.name for table in CONTRACT.tables.values() for column in table.columns if column.codes}
    assert used == set(CONTRACT.codes)
    assert told == {(t.zh, t.en, word) for codes in CONTRACT.codes.values() for word, t in codes.words.items()}


def test_glossary_names_terms_of_the_contract_by_names_that_exist() -> None:
    by_hand = (PROJECT_ROOT / dictionary.GLOSSARY).read_text(encoding="utf-8").split(dictionary.GENERATED)[0]
    terms = re.findall(r"^\| ([^|]+) \| ([^|]+) \| `([^`]+)` \| ([^|]+) \|$", by_hand, re.MULTILINE)
    columns = {column.name for table in CONTRACT.tables.values() for column in table.columns}
    words = {word for codes in CONTRACT.codes.values() for word in codes.words}
    views = {"signed_off_by", *published_contract.VIEW_COLUMNS}
    elsewhere = {"L4-KPI-009", "landing/", "warehouse/work.duckdb", "MINHU_HOME"}
    assert len(terms) == by_hand.count("\n| ") - 2  # all rows but the two of the head
    assert {code for _, _, code, _ in terms} <= {*columns, *words, *CONTRACT.tables, *views, *elsewhere}


def test_every_published_table_has_a_reader() -> None:
    assert [name for name in CONTRACT.tables if not CONTRACT.readers_of(name)] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with the real contract and its documents, to be changed."""
    shutil.copytree(PROJECT_ROOT / "dbt_project" / MODELS, tmp_path / "dbt_project" / MODELS)
    shutil.copy(PROJECT_ROOT / "dbt_project" / CODES, tmp_path / "dbt_project" / CODES)
    shutil.copytree(PROJECT_ROOT / "docs", tmp_path / "docs")
    return tmp_path


Change = Callable[[dict[str, Any]], object]


def rewrite(project: Path, path: Path, change: Change) -> None:
    path = project / "dbt_project" / path
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    published_contract.load.cache_clear()


def column(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in content["models"][0]["columns"] if each["name"] == name)


@pytest.mark.parametrize(
    ("model", "change", "says"),
    [
        (
            "kpi_discrimination",
            lambda c: column(c, "top_share").update(name="share_at_top"),
            "kpi_discrimination: column top_share is gone or has another name",
        ),
        (
            "kpi_discrimination",
            lambda c: column(c, "top_count").update(data_type="bigint"),
            "kpi_discrimination: column top_count was integer and is bigint",
        ),
        (
            "kpi_discrimination",
            lambda c: c["models"][0]["config"]["meta"].update(primary_key=["kpi_id", "variant", "month_start"]),
            "kpi_discrimination: the key was kpi_id, variant, unit_type, month_start, caliber and is kpi_id, variant, month_start",
        ),
        (
            "kpi_discrimination",
            lambda c: c["models"][0]["config"]["meta"].update(nullable=["note_zh"]),
            "kpi_discrimination: column note_zh may be null now",
        ),
        (
            "kpi_discrimination",
            lambda c: c["models"][0]["config"]["meta"].update(part_by="month_start"),
            "kpi_discrimination: the date that decides the file was none and is month_start",
        ),
    ],
)  # fmt: skip
def test_change_that_breaks_readers_names_them_and_is_not_written_unsaid(
    project: Path, model: str, change: Change, says: str
) -> None:
    before = (project / dictionary.SHAPE).read_text(encoding="utf-8")
    rewrite(project, MODELS / f"{model}.yml", change)
    said, advice = dictionary.check(project)
    assert said == f"{says} - readers to warn: 业务看板与电子表格 (市级数据组（暂定）)"
    assert "minhu contract write --breaking" in advice
    with pytest.raises(PermanentError, match=re.escape(says)):
        dictionary.write(project)
    assert (project / dictionary.SHAPE).read_text(encoding="utf-8") == before
    assert dictionary.SHAPE.as_posix() in dictionary.write(project, is_breaking=True)
    assert dictionary.check(project) == []


def test_word_that_goes_concerns_the_readers_of_every_table_that_had_it(project: Path) -> None:
    rewrite(project, CODES, lambda c: c["verdict"]["words"].pop("BAND_ONLY"))
    said = dictionary.check(project)[:-1]
    assert [line.split(" - ")[0] for line in said] == [
        "kpi_breakdowns: column verdict no longer has the words BAND_ONLY",
        "kpi_restatements: column verdict_before no longer has the words BAND_ONLY",
        "kpi_restatements: column verdict_now no longer has the words BAND_ONLY",
        "kpi_results: column verdict no longer has the words BAND_ONLY",
        "kpi_results_current_borders: column verdict no longer has the words BAND_ONLY",
        "scheme_scores: column verdict no longer has the words BAND_ONLY",
    ]
    assert "考核档案（网页） (工程师)" in said[2]


def test_table_that_goes_is_told(project: Path) -> None:
    (project / "dbt_project" / MODELS / "on_time_by_channel.yml").unlink()
    rewrite(project, MODELS / "_exposures.yml", lambda c: [e["depends_on"].remove("ref('on_time_by_channel')")
            for e in c["exposures"] if "ref('on_time_by_channel')" in e["depends_on"]])  # fmt: skip
    assert dictionary.check(project)[0].startswith(
        "on_time_by_channel: the table is gone - readers to warn: 审计查询 (审计联系人（暂定）); 下一夜的计算"
    )


def test_what_is_added_only_needs_to_be_written(project: Path) -> None:
    def add(content: dict[str, Any]) -> None:
        more = {"name": "more", "data_type": "double", "description": "更多\nMore"}
        content["models"][0]["columns"].append(more)

    rewrite(project, MODELS / "kpi_discrimination.yml", add)
    rewrite(project, CODES, lambda c: c["channel"]["words"].update(fax=["传真", "fax"]))
    (stale,) = dictionary.check(project)
    assert stale.endswith("not what the contract says; run `minhu contract write`")
    changed = dictionary.write(project)
    assert changed == [
        *(path.as_posix() for path in dictionary.DICTIONARIES.values()),
        "docs/glossary.md",
        "docs/published-contract.json",
        "docs/contracts/kpi_discrimination.odcs.yaml",
    ]
    assert "| 传真 | fax | `fax` |" in (project / dictionary.GLOSSARY).read_text(encoding="utf-8")
    assert dictionary.check(project) == []


def test_commands_say_what_they_found_and_wrote(project: Path) -> None:
    run = CliRunner().invoke
    assert run(app, ["contract", "check", "--project", str(project)]).exit_code == 0
    rewrite(project, CODES, lambda c: c["channel"]["words"].update(fax=["传真", "fax"]))
    told = run(app, ["contract", "check", "--project", str(project)])
    assert (told.exit_code, "run `minhu contract write`" in told.output) == (1, True)
    assert "written: docs/glossary.md" in run(app, ["contract", "write", "--project", str(project)]).output
    assert "nothing to write" in run(app, ["contract", "write", "--project", str(project)]).output
