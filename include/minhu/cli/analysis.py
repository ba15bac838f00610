"""``minhu explain``, ``claims``, ``schemes …``, ``restatements``, ``dossier``, ``site`` and ``data-docs``: what is asked of
a release after its night.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minhu.analysis.downloads.kinds import Kind
from minhu.cli.output import Format, print_rows

if TYPE_CHECKING:
    from minhu.settings import Settings


def add_commands(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add the commands to ``app``, with its way of finding the city."""
    schemes_app = typer.Typer(help="What another assessment scheme would have made of a month.", no_args_is_help=True)
    app.add_typer(schemes_app, name="schemes")

    @app.command()
    def explain(
        kpi: Annotated[str, typer.Argument(help="Id of a KPI, e.g. H06.")],
        unit: Annotated[str, typer.Argument(help="Code or exact name of a unit, e.g. 610104.")],
        period: Annotated[
            str,
            typer.Argument(
                help="2026-10-05 (day), 2026-W41 (ISO week), 2026-10 (month), assessment_month:2026-10 (the one that "
                "begins in that month), 2026Q4, 2026H2 or 2026."
            ),
        ],
        variant: Annotated[str | None, typer.Option(help="Variant of the KPI; default: main.")] = None,
        caliber: Annotated[str, typer.Option(help="full or assessed.")] = "full",
        level: Annotated[
            str | None, typer.Option(help="district, street …, where units of two levels share a name.")
        ] = None,
        release: Annotated[
            str | None, typer.Option(help="A release of `minhu releases`; default: the current.")
        ] = None,
        rows: Annotated[int, typer.Option(help="Of how many records to look up the landed rows.")] = 20,
        as_json: Annotated[bool, typer.Option("--json", help="For machines (docs/explain.md).")] = False,
    ) -> None:
        """What one published figure is made of: counts, models, findings, landed rows, and what changed it since."""
        from minhu.analysis.explain import explanation, text

        explained = explanation.explain(
            settings(), kpi, unit, period, variant=variant, caliber=caliber, level=level, release_id=release, rows=rows
        )
        if as_json:
            typer.echo(json.dumps(explained.as_dict(), ensure_ascii=False, indent=2))
            return
        for line in text.lines(explained):
            typer.echo(line)

    @app.command()
    def claims(
        file: Annotated[
            Path | None,
            typer.Option(
                help="CSV with the columns of the seed claims; else that seed. It may lack measured_as (value, numerator or "
                "denominator of kpi_id, or places of the level in variant; else value) and unit_code (a district; else the city)."
            ),
        ] = None,
        output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
    ) -> None:
        """Set the figures of a published account beside those of the current release."""
        from minhu.analysis.claims import WRAPPED_COLUMNS, readable, reconcile, summary

        rows = reconcile(settings(), file)
        if output is not Format.table:
            print_rows(rows, output)
            return
        print_rows(readable(rows), output, WRAPPED_COLUMNS)
        typer.echo(summary(rows))

    @app.command()
    def restatements(
        kpi: Annotated[str | None, typer.Option(help="Only this KPI, e.g. H06.")] = None,
        unit: Annotated[str | None, typer.Option(help="Only this unit, by code or name.")] = None,
        period: Annotated[
            str | None, typer.Option(help="Only periods that begin in it: 2026, 2026-10, 2026-10-05.")
        ] = None,
        night: Annotated[str | None, typer.Option(help="Only what changed on this business date.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
        output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
    ) -> None:
        """Cells of finished periods that were published otherwise before: then, now, why, and since which night."""
        from minhu.analysis import restatements as module
        from minhu.errors import UsageError

        try:
            day = date.fromisoformat(night) if night else None
        except ValueError as error:
            raise UsageError("read the restatements", f"{night!r} is no date", "give YYYY-MM-DD") from error
        rows = module.read_log(settings(), kpi, unit, period, day)
        chosen = Format.json if as_json else output
        print_rows(rows.select(list(module.SHOWN)) if chosen is Format.table else rows, chosen, {"causes": 1})

    @app.command("export")
    def export_cells(
        kpi: Annotated[
            list[str] | None, typer.Option(help="Id of a KPI, e.g. H06; several times; default: all.")
        ] = None,
        first: Annotated[str | None, typer.Option("--from", help="First month or day, 2026-01 or 2026-01-01.")] = None,
        last: Annotated[str | None, typer.Option("--to", help="Last month or day.")] = None,
        kind: Annotated[Kind, typer.Option("--as", help="Form of the file.")] = Kind.xlsx,
        period: Annotated[list[str] | None, typer.Option(help="Kind of period; several times; default: month.")] = None,
        level: Annotated[list[str] | None, typer.Option(help="city, district …; several times; default: all.")] = None,
        caliber: Annotated[list[str] | None, typer.Option(help="full or assessed; default: both.")] = None,
        english: Annotated[bool, typer.Option("--english", help="Titles and words in English.")] = False,
        out: Annotated[Path | None, typer.Option(help="File or folder; default: the working folder.")] = None,
        release: Annotated[
            str | None, typer.Option(help="A release of `minhu releases`; default: the current.")
        ] = None,
    ) -> None:
        """Write cells of a release to a file: XLSX with a sheet a KPI, CSV for Excel and WPS, Parquet; or a whole release for BI:
        a DuckDB file, or the star as a folder of Parquet files; or the orders of the current release as Open311 GeoReport v2."""
        from minhu.analysis.downloads.download import export
        from minhu.analysis.downloads.selection import Selection

        asked = Selection(
            tuple(kpi or ()), first, last, tuple(period or ("month",)), tuple(level or ()), tuple(caliber or ())
        )
        written = export(settings(), asked, kind, out, release, "en" if english else "zh")
        counted = "orders" if kind is Kind.open311 else "cells"
        typer.echo(f"{written.path}  ({written.cells:,} {counted}, {written.bytes:,} bytes)")

    @app.command()
    def dossier(
        release: Annotated[
            str | None, typer.Argument(help="A release of `minhu releases`; default: the current.")
        ] = None,
        out: Annotated[Path | None, typer.Option(help="Folder; default: reports/<release> below the home.")] = None,
    ) -> None:
        """Write the release's own report for an auditor, as static pages; the same release gives the same bytes."""
        from minhu.reports import dossier as module

        written = module.write(settings(), release, out)
        typer.echo(f"{written.index}  ({written.pages} pages, {written.bytes:,} bytes)")

    @app.command()
    def site(
        release: Annotated[
            str | None, typer.Argument(help="A release of `minhu releases`; default: the current.")
        ] = None,
        check: Annotated[
            bool, typer.Option("--check", help="Compare the site that stands with its release, byte for byte.")
        ] = False,
    ) -> None:
        """Make the KPI site of a release, as static pages in site/<release> below the home; one that stands is left."""
        from minhu.reports import site as module

        if check:
            differences = module.check(settings(), release)
            for line in differences or ("the site is the one its release gives, byte for byte",):
                typer.echo(line)
            if differences:
                typer.echo("to make it again: remove its folder and run `minhu site`")
                raise typer.Exit(1)
            return
        made = module.make(settings(), release)
        told = f"{made.files} files, {made.bytes:,} bytes" + ("" if made.is_new else ", it stood already")
        typer.echo(f"{made.index}  ({told})")

    @app.command("open")
    def open_site(
        release: Annotated[
            str | None, typer.Argument(help="A release of `minhu releases`; default: the current.")
        ] = None,
    ) -> None:
        """Open the KPI site of a release in a browser, if there is one, and print where it is."""
        import webbrowser

        from minhu import settings as settings_module
        from minhu.reports import site as module

        made = module.make(settings(), release)
        typer.echo(made.index)
        typer.echo(made.index.resolve().as_uri())
        if settings_module.has_screen():
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(made.index.resolve().as_uri())

    @app.command("data-docs")
    def data_docs(
        release: Annotated[
            str | None, typer.Argument(help="A release of `minhu releases`; default: the current.")
        ] = None,
    ) -> None:
        """Write the arrival suites of a release's night as Great Expectations shows them."""
        from minhu.release import releases
        from minhu.reports import data_docs as module

        typer.echo(module.write(settings(), releases.current(settings(), release)))

    @schemes_app.command()
    def compare(
        first: Annotated[str, typer.Argument(help="Name of a scheme, e.g. three_rate_10_50_40.")],
        second: Annotated[str, typer.Argument(help="Another scheme.")],
        period: Annotated[str, typer.Option(help="Month as YYYY-MM.")],
        level: Annotated[str, typer.Option(help="district, street or unit.")] = "district",
        caliber: Annotated[str, typer.Option(help="assessed or full.")] = "assessed",
        output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
    ) -> None:
        """Possible ranks of a month under two schemes as published, which rule moved whom, and who has no rank and why."""
        from minhu.analysis import schemes

        print_rows(schemes.compare(settings(), first, second, period, level, caliber), output)

    @schemes_app.command()
    def sensitivity(
        scheme: Annotated[str, typer.Argument(help="Name of a scheme.")],
        period: Annotated[str, typer.Option(help="Month in which the assessment month begins, as YYYY-MM.")],
        level: Annotated[str, typer.Option(help="district, street or unit.")] = "district",
        output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
    ) -> None:
        """Ranks if the assessment month had begun up to three days earlier or later."""
        from minhu.analysis import schemes

        print_rows(schemes.sensitivity(settings(), scheme, period, level), output)
