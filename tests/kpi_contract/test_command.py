"""``minhu kpi check``, ``write`` and ``new`` as they are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from minhu.cli.app import app
from minhu.errors import UsageError
from minhu.gate.kpi_contract import check, form
from minhu.gate.kpi_contract.project import seed_text

#: What must be said of a KPI; the rest is taken from one that counts alike.
NEEDED = {
    "--id": "H14", "--name": "overdue_open_rate", "--name-en": "Overdue open rate", "--name-zh": "超期未结率",
    "--count-model": "orders",
    "--numerator": "overdue_open_count", "--denominator": "due_count", "--direction": "down",
    "--description": "Orders due; numerator: still open.", "--description-zh": "到期工单；分子：未结。", "--valid-from": "2026-11-20",
}  # fmt: skip


def run(*words: str, project: Path, answers: str = "") -> Result:
    return CliRunner().invoke(app, ["kpi", *words, "--project", str(project)], input=answers)


def new(project: Path, **changed: str) -> Result:
    options = NEEDED | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return run("new", "--no-input", *(word for option in options.items() for word in option), project=project)


def test_check_says_how_many_there_are_when_nothing_is_missing(project: Path) -> None:
    found = run("check", project=project)
    assert (found.exit_code, found.output) == (0, "60 KPIs, 102 variants: nothing is missing\n")


def test_check_fails_with_what_is_missing(project: Path, edit: Callable[..., None]) -> None:
    edit("H04", levels=["village"])
    found = run("check", project=project)
    assert found.exit_code == 1 and "kpis/H04.yml: main: levels: " in found.output


def test_write_names_what_it_wrote_and_writes_nothing_wrong(project: Path, edit: Callable[..., None]) -> None:
    assert run("write", project=project).output == "the seeds are what the files say; nothing to write\n"
    edit("H13", settle_days=1)
    refused = run("write", project=project)
    assert refused.exit_code == 1 and refused.output.endswith("nothing was written\n")
    written = run("write", "--unpublished", "H13", project=project)
    assert written.exit_code == 0
    assert written.output.splitlines() == [
        f"written: dbt_project/seeds/{seed}.csv" for seed in ("kpi_contract", "kpi_contract_versions")
    ]


def test_a_new_kpi_is_one_file_and_the_seeds_follow(project: Path) -> None:
    made = new(project)
    assert made.exit_code == 0, made.output
    assert made.output.startswith("written: kpis/H14.yml\n") and "next: read the file once more" in made.output
    kpis, found = check.check(project)
    assert found == [] and len(kpis) == 103
    [kpi] = [kpi for kpi in kpis if kpi.kpi_id == "H14"]
    [alike] = [kpi for kpi in kpis if kpi.key == "H06/main"]
    assert (kpi.levels, kpi.anchors, kpi.inputs, kpi.requires) == (
        alike.levels, alike.anchors, alike.inputs, alike.requires,
    )  # fmt: skip
    assert (kpi.unit, kpi.interval_method, kpi.suppress_below, kpi.band_below) == ("share", "wilson", 10, 30)
    assert seed_text(project, "kpi_contract").count("\nH14,main,") == 1
    assert "placeholder" in (project / "kpis" / "H14.yml").read_text(encoding="utf-8")


def test_what_is_not_given_is_asked_for(project: Path) -> None:
    answers = [
        "H14",
        "orders_created",
        "新建工单",
        "Orders created",
        "",
        "ordrs",
        "orders",
        "created_count",
        *[""] * 3,
        "context",
    ]
    answers += ["city", "month", *[""] * 8, "Orders by creation.", "期内创建的工单。", "2026-11-20"]
    made = run("new", project=project, answers="\n".join(answers) + "\n")
    assert made.exit_code == 0, made.output
    assert "H14, G09, S07" in made.output, "the next free ids are offered"
    assert "expected one of addresses, answer_minimum" in made.output and "found 'ordrs'" in made.output
    [kpi], found = form.read_file(project / "kpis" / "H14.yml")
    assert found == [] and (kpi.levels, kpi.periods, kpi.numerator, kpi.denominator, kpi.unit) == (
        ["city"], ["month"], "created_count", None, "count",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("id", "H04", "kpis/H04.yml is there - edit it"),
        ("id", "../H14", "expected an id of a letter and two digits, found '../H14'"),
        ("count_model", "order", "expected one of addresses, answer_minimum"),
        ("name_zh", "", "its chinese name, as readers see it (按时办结率): expected an answer, found nothing - give --name-zh"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_written(
    project: Path, option: str, value: str, said: str
) -> None:
    before = sorted((project / "kpis").iterdir())
    refused = new(project, **{option: value})
    assert isinstance(refused.exception, UsageError) and said in str(refused.exception)
    assert sorted((project / "kpis").iterdir()) == before


def test_nobody_to_answer_is_an_error(project: Path) -> None:
    refused = run("new", "--id", "H14", project=project)
    assert isinstance(refused.exception, UsageError) and "nobody answered - give --name, or" in str(refused.exception)


def test_a_new_kpi_that_would_vanish_is_written_but_not_its_seeds(project: Path) -> None:
    made = new(project, levels="unit", periods="day")
    assert made.exit_code == 1
    assert "kpis/H14.yml: main: levels unit have none of the periods day" in made.output
    assert "the seeds were not written: correct kpis/H14.yml, then run `minhu kpi write`" in made.output
    assert "H14" not in seed_text(project, "kpi_contract")
