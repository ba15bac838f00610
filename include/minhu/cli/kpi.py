"""``minhu kpi …``: the files of the KPIs, what is missing in them, and the seeds that dbt reads of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from minhu.gate.kpi_contract.questions import Question, Sketch

kpi_app = typer.Typer(
    help="The KPIs' definitions: one file each, kpis/<id>.yml. Needs a checkout, no built warehouse.",
    no_args_is_help=True,
)
Project = Annotated[
    Path | None, typer.Option("--project", help="Folder of the checkout; default: the one this program runs from.")
]


@kpi_app.command()
def check(project: Project = None) -> None:
    """Say what is missing or wrong in the KPIs' files and the seeds written from them; exit code 1 if anything is."""
    from minhu.gate.kpi_contract import check as module

    kpis, found = module.check(_root(project))
    if found:
        _refuse(found)
    typer.echo(f"{len({kpi.kpi_id for kpi in kpis})} KPIs, {len(kpis)} variants: nothing is missing")


@kpi_app.command()
def write(
    unpublished: Annotated[
        list[str] | None,
        typer.Option(
            help="A KPI (H06) under whose newest version no night was published yet: its definition may change under it."
        ),
    ] = None,
    project: Project = None,
) -> None:
    """Write the seeds of dbt_project/ from the KPIs' files; nothing is written while `minhu kpi check` would complain."""
    from minhu.gate.kpi_contract import check as module

    changed, found = module.write(_root(project), unpublished or [])
    if found:
        _refuse([*found, "nothing was written"])
    for name in changed:
        typer.echo(f"written: dbt_project/{name}")
    if not changed:
        typer.echo("the seeds are what the files say; nothing to write")


@kpi_app.command()
def new(
    kpi_id: Annotated[str | None, typer.Option("--id", help="Its id, as H14.")] = None,
    kpi_name: Annotated[str | None, typer.Option("--name", help="English identifier in small letters.")] = None,
    name_zh: Annotated[str | None, typer.Option("--name-zh", help="Chinese name.")] = None,
    name_en: Annotated[str | None, typer.Option("--name-en", help="English name.")] = None,
    standard: Annotated[str | None, typer.Option("--standard", help="The public text or practice it follows.")] = None,
    count_model: Annotated[str | None, typer.Option("--count-model", help="Which counts make it, as orders.")] = None,
    numerator: Annotated[str | None, typer.Option("--numerator", help="A count, or an expression over counts.")] = None,
    denominator: Annotated[str | None, typer.Option("--denominator", help="The same; '' for a plain count.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="share, count, per_unit …")] = None,
    interval_method: Annotated[
        str | None, typer.Option("--interval-method", help="none, wilson, poisson or ratio.")
    ] = None,
    direction: Annotated[str | None, typer.Option("--direction", help="up, down or context.")] = None,
    levels: Annotated[str | None, typer.Option("--levels", help="As 'city district'.")] = None,
    periods: Annotated[str | None, typer.Option("--periods", help="As 'month year street/day'.")] = None,
    suppress_below: Annotated[
        str | None, typer.Option("--suppress-below", help="n below which a cell is hidden.")
    ] = None,
    band_below: Annotated[str | None, typer.Option("--band-below", help="n below which a cell carries a note.")] = None,
    settle_days: Annotated[
        str | None, typer.Option("--settle-days", help="Days until figures of a period settle.")
    ] = None,
    owner_zh: Annotated[str | None, typer.Option("--owner-zh", help="Who answers for the definition.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="hotline, grid, stations or returns.")] = None,
    requires: Annotated[
        str | None, typer.Option("--requires", help="The input without which there is no figure.")
    ] = None,
    inputs: Annotated[str | None, typer.Option("--inputs", help="Landed tables and models.")] = None,
    anchors: Annotated[str | None, typer.Option("--anchors", help="As hotline.work_orders/due.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="What is counted, in English.")] = None,
    description_zh: Annotated[str | None, typer.Option("--description-zh", help="The same, in Chinese.")] = None,
    valid_from: Annotated[str | None, typer.Option("--valid-from", help="Business date of its first night.")] = None,
    no_input: Annotated[
        bool,
        typer.Option(
            "--no-input", help="Ask nothing: what is not given is taken from the KPI that counts the most alike."
        ),
    ] = False,
    project: Project = None,
) -> None:
    """Write the file of a new KPI whose counts exist, asking for what is not given, and the seeds with it."""
    given = {key: value for key, value in locals().items() if isinstance(value, str)}
    from minhu.gate.kpi_contract import check as module
    from minhu.gate.kpi_contract.draft import as_yaml
    from minhu.gate.kpi_contract.form import read_folder
    from minhu.gate.kpi_contract.project import KPIS_FOLDER, read_project
    from minhu.gate.kpi_contract.questions import QUESTIONS, Sketch, refuse_id

    root = _root(project)
    kpis, found = read_folder(root / KPIS_FOLDER)
    if found:
        _refuse([*found, "correct the files that are there first"])
    sketch = Sketch(kpis, read_project(root))
    for question in QUESTIONS:
        sketch.answers[question.key] = _answer(question, sketch, given.get(question.key), no_input)
        if question.key == "kpi_id":
            refuse_id(sketch)
    file = KPIS_FOLDER / f"{sketch.answers['kpi_id']}.yml"
    (root / file).write_text(as_yaml(sketch.as_file()), encoding="utf-8")
    typer.echo(f"written: {file}")
    changed, found = module.write(root)
    if found:
        _refuse([*found, f"the seeds were not written: correct {file}, then run `minhu kpi write`"])
    for name in changed:
        typer.echo(f"written: dbt_project/{name}")
    typer.echo(
        "next: read the file once more, above all inputs and anchors; `minhu nightly` publishes its cells; commit the file "
        "together with the seeds"
    )


def _answer(question: Question, sketch: Sketch, given: str | None, no_input: bool) -> str:
    """What was given, asked for, or taken where nothing was.

    Raises:
        UsageError: an answer is needed and there is none, or it is none of those that are offered.
    """
    from minhu.errors import UsageError

    offers, default = question.offers(sketch), question.default(sketch)
    while True:
        answer = given if given is not None else default if no_input else _asked(question, offers, default)
        expected = f"one of {', '.join(offers)}" if question.is_closed else "an answer"
        if answer is not None and (answer or default == "") and (not question.is_closed or answer in offers):
            return answer
        if given is not None or no_input:
            found = repr(answer) if answer else "nothing"
            raise UsageError(
                f"describe a new KPI: {question.text.lower()}",
                f"expected {expected}, found {found}",
                f"give {_option(question)}",
            )
        typer.echo(f"expected {expected}, found {answer!r}")


def _asked(question: Question, offers: Sequence[str], default: str | None) -> str:
    from minhu.errors import UsageError

    if offers:
        typer.echo(f"  {', '.join(offers)}")
    try:
        return str(typer.prompt(question.text, default=default, show_default=bool(default))).strip()
    except typer.Abort as end:
        raise UsageError(
            f"describe a new KPI: {question.text.lower()}",
            "nobody answered",
            f"give {_option(question)}, or --no-input",
        ) from end


def _option(question: Question) -> str:
    name = {"kpi_id": "id", "kpi_name": "name"}.get(question.key, question.key)
    return f"--{name.replace('_', '-')}"


def _root(project: Path | None) -> Path:
    from minhu.settings import PROJECT_ROOT

    return project or PROJECT_ROOT


def _refuse(sentences: list[str]) -> None:
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)
