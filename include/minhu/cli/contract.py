"""``minhu contract …``: what is published, as agreed with those who read it, and the documents that follow from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

contract_app = typer.Typer(
    help="The contract of what is published (dbt_project/models/publish/*.yml). Needs a checkout, no built warehouse.",
    no_args_is_help=True,
)
Project = Annotated[
    Path | None, typer.Option("--project", help="Folder of the checkout; default: the one this program runs from.")
]


@contract_app.command()
def check(project: Project = None) -> None:
    """Say which change breaks which readers and which document is stale; exit code 1 if any is."""
    from minhu.reports import dictionary

    found = dictionary.check(_root(project))
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo("dictionaries, glossary and agreed shape are what the contract says")


@contract_app.command()
def write(
    breaking: Annotated[
        bool, typer.Option("--breaking", help="A change that breaks readers is meant, and they were warned.")
    ] = False,
    project: Project = None,
) -> None:
    """Write the dictionaries, the glossary's lists and the agreed shape; nothing while a change breaks readers unsaid."""
    from minhu.reports import dictionary

    changed = dictionary.write(_root(project), breaking)
    for path in changed:
        typer.echo(f"written: {path}")
    if not changed:
        typer.echo("all is what the contract says; nothing to write")


def _root(project: Path | None) -> Path:
    from minhu.settings import PROJECT_ROOT

    return project or PROJECT_ROOT
