"""``minhu kpi …``: the files of the KPIs, what is missing in them, and the seeds that dbt reads of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    for seed in changed:
        typer.echo(f"written: dbt_project/seeds/{seed}.csv")
    if not changed:
        typer.echo("the seeds are what the files say; nothing to write")


def _root(project: Path | None) -> Path:
    from minhu.settings import PROJECT_ROOT

    return project or PROJECT_ROOT


def _refuse(sentences: list[str]) -> None:
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)
