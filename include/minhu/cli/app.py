"""``minhu``: the commands of the pipeline.

Exit codes: 0 done; 2 the command was wrong; 3 published, but a source was blocked and its cells are stale; 4 the night
failed and nothing new was published; 5 another night of this city is running; 6 a replayed release is not the one that
was published; 1 anything else.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from minhu.cli.analysis import add_commands
from minhu.cli.contract import contract_app
from minhu.cli.database import add_database_commands, published_uri
from minhu.cli.evidence import add_evidence_commands
from minhu.cli.kpi import kpi_app
from minhu.cli.output import Format, console, print_rows
from minhu.cli.retention import add_retention_command
from minhu.errors import MinhuError, UsageError

if TYPE_CHECKING:
    from minhu.settings import Settings

_SCALE = "Size of the synthetic city, 1.0 is Xi'an; default: that of the city there is, 0.02 for a new one."
_SEED = "Seed of the synthetic city; default: that of the city there is, 7 for a new one."

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.add_typer(kpi_app, name="kpi")
app.add_typer(contract_app, name="contract")
_CTRL_C = 130
_chosen: dict[str, str | None] = {"city": None}


@app.callback()
def choose_city(
    city: Annotated[
        str | None, typer.Option(help="Which city; xian lives in var/, others in var/cities/<city>/.")
    ] = None,
) -> None:
    """Measure every night whether the city that was called acted."""
    os.umask(0o077)  # whatever is made is its owner's alone: docs/security.md
    _chosen["city"] = city


@app.command()
def airflow(
    port: Annotated[int, typer.Option(help="Port of Airflow's pages on 127.0.0.1; 0 takes a free one.")] = 8080,
    scale: Annotated[float | None, typer.Option(help=_SCALE)] = None,
    seed: Annotated[int | None, typer.Option(help=_SEED)] = None,
    days: Annotated[int | None, typer.Option(help="Days of history of the synthetic city; 7 for a new one.")] = None,
) -> None:
    """Run Airflow with the nightly chain on its schedule (01:00, or MINHU_NIGHTLY_CRON) until Ctrl-C."""
    from minhu.standalone import airflow_log_in, serving
    from minhu.standalone.nightly import Simulation

    settings = _state()
    screen = console()

    def tell(line: str) -> None:
        screen.print(line, soft_wrap=True, markup=False, highlight=False)

    _unwind_when_asked_to_end()
    try:
        day = _business_date(settings, None)
        with serving.scheduled(settings, day, Simulation(days, scale, seed), tell, port) as running:
            tell(f"Airflow   {running.url}")
            for line in airflow_log_in.lines_for_people(settings):
                tell(f"log in    {line}")
            tell(f"runs      by schedule ({settings.nightly_cron or serving.DEFAULT_CRON}, {settings.city.time_zone})")
            tell(f"logs      {settings.airflow_home / 'logs'}")
            tell("Ctrl-C ends Airflow, the sources and the database")
            serving.wait(running, lambda: _business_date(settings, None))
    except KeyboardInterrupt:
        return  # the way it is meant to end


@app.command("airflow-cli", context_settings={"ignore_unknown_options": True, "help_option_names": ["--minhu-help"]})
def airflow_cli(
    arguments: Annotated[list[str], typer.Argument(help="What follows `airflow`, as in `backfill create --dag-id …`.")],
) -> None:
    """Run a command of Airflow on the city's own Airflow: backfill, dags, tasks, pools …"""
    from minhu.standalone import airflow_runtime

    raise typer.Exit(airflow_runtime.run_command(_settings(), arguments))


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="First business date YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last business date YYYY-MM-DD; the one that is released.")],
    scale: Annotated[float | None, typer.Option(help=_SCALE)] = None,
    seed: Annotated[int | None, typer.Option(help=_SEED)] = None,
) -> None:
    """Land every night of a range, build once, release the last night. Safe to end and start again."""
    from minhu.standalone import backfill as module
    from minhu.standalone.nightly import Simulation

    settings = _state()
    screen = console()
    _unwind_when_asked_to_end()
    days = (_business_date(settings, first), _business_date(settings, last))
    report = module.backfill(settings, *days, Simulation(None, scale, seed), screen)
    for (day, source), reason in sorted(report.blocked.items()):
        screen.print(f"blocked: {source} of {day}: {reason}", highlight=False, markup=False)
    screen.print(
        f"{report.nights} nights landed ({report.rows:,} rows), {report.skipped} were there; "
        f"release {report.release.release_id}, {sum(report.seconds.values()):.0f} s",
        highlight=False,
    )
    if report.blocked:
        raise typer.Exit(3)


@app.command()
def nightly(
    business_date: Annotated[
        str | None, typer.Option("--date", help="Business date YYYY-MM-DD; default: yesterday.")
    ] = None,
    scale: Annotated[float | None, typer.Option(help=_SCALE)] = None,
    seed: Annotated[int | None, typer.Option(help=_SEED)] = None,
    days: Annotated[int | None, typer.Option(help="Days of history of the synthetic city; 7 for a new one.")] = None,
) -> None:
    """Run one night: extract, build, gate, publish. Safe to repeat."""
    from minhu.standalone.nightly import Simulation, run_night
    from minhu.standalone.report import print_night

    settings = _state()
    screen = console()
    day = _business_date(settings, business_date)
    if business_date is None and settings.city.default_business_date is None:
        _refuse_a_clock_that_went_back(settings, day)
    screen.print(f"{settings.city.name} {day}: extract, build, gate, publish; state in {settings.home}", soft_wrap=True)
    _unwind_when_asked_to_end()
    started = time.monotonic()

    def tell(line: str) -> None:
        seconds = time.monotonic() - started
        screen.print(f"[{seconds:6.1f} s] {line}", soft_wrap=True, markup=False, highlight=False)

    report = run_night(settings, day, Simulation(days, scale, seed), tell)
    print_night(screen, settings, report, settings.published_uri)
    if report.blocked_sources:
        raise typer.Exit(3)


@app.command()
def simulate(
    business_date: Annotated[
        str | None, typer.Option("--date", help="Business date YYYY-MM-DD; default: yesterday.")
    ] = None,
    scale: Annotated[float | None, typer.Option(help=_SCALE)] = None,
    seed: Annotated[int | None, typer.Option(help=_SEED)] = None,
    days: Annotated[int | None, typer.Option(help="Days of history; 7 for a new city.")] = None,
    hotline_uri: Annotated[str | None, typer.Option(help="PostgreSQL to fill; default: the embedded one.")] = None,
    with_truth: Annotated[
        bool, typer.Option("--truth", help="Also write truth/kpi_truth.parquet: the KPIs counted without the pipeline.")
    ] = False,
) -> None:
    """Fill the sources with the synthetic city as it stands at the end of a date; the embedded server stays up."""
    from minhu.simulator.simulate import simulate as fill
    from minhu.standalone import postgres

    settings = _state()
    if hotline_uri is None:
        postgres.stay(settings.postgres_dir)
        postgres.start(settings.postgres_dir, settings.readers_group)
        hotline_uri = postgres.uri(settings.postgres_dir, "source")
    city = fill(settings.home, hotline_uri, _business_date(settings, business_date), days, scale, seed, typer.echo)
    if city.is_another_city:
        raise UsageError(
            f"simulate into {settings.home}",
            f"it holds the city of seed {city.city.seed}, scale {city.city.scale:g} from {city.city.start}",
            "run `minhu nightly` with the new size, which sets the old one aside, or use another MINHU_HOME",
        )
    if with_truth:
        from minhu.simulator.truth.truth import write_truth

        cells = write_truth(settings.truth_dir, city.city, city.business_date)
        typer.echo(f"known truth: {cells:,} cells in {settings.truth_dir / 'kpi_truth.parquet'}")


@app.command("load-orders")
def load_orders(
    files: Annotated[list[Path], typer.Argument(help="Order files of the city.")],
    map_path: Annotated[Path, typer.Option("--map", help="How the city's columns and words map (maps/*.toml).")],
) -> None:
    """Load another city's order files into a hotline schema, so that `minhu --city NAME nightly` runs on them."""
    from minhu import order_files
    from minhu.standalone import postgres

    settings = _state(order_files.read_map(map_path).city.code)
    started = postgres.start(settings.postgres_dir, settings.readers_group)
    try:
        uri = postgres.uri(settings.postgres_dir, "source")
        report = order_files.load_orders(map_path, files, uri, settings.home, typer.echo)
    finally:
        if started:
            postgres.stop(settings.postgres_dir)
    typer.echo(str(report))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Which release is current, its cells by verdict, its findings."""
    from minhu.analysis import disk_use
    from minhu.analysis.status import read_status
    from minhu.standalone import postgres

    settings = _settings()
    found = read_status(settings, published_uri(settings, "reader")).as_dict()
    found["published_uri"] = found["published_uri"] or postgres.future_uri(settings.postgres_dir)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True))
        return
    found["disk"] = ", ".join(f"{layer} {disk_use.shown(number)}" for layer, number in found["disk"].items())
    for name, value in found.items():
        shown = ", ".join(f"{k} {v:,}" for k, v in value.items()) if isinstance(value, dict) else value
        text = " ".join(shown) if isinstance(shown, list) else "-" if shown is None else str(shown)
        typer.echo(f"{name:15} {_for_this_city(text)}")


@app.command()
def rollback(release_id: Annotated[str, typer.Argument(help="A release of `minhu releases`.")]) -> None:
    """Make an earlier (or later) release the current one."""
    from minhu.release import publisher

    settings = _settings()
    uri = published_uri(settings)
    if uri is None:
        raise UsageError("roll back", "the published database is not running", "start it with `minhu db start`")
    found = publisher.rollback(settings, uri, release_id, typer.echo)
    typer.echo(f"current release: {found.release_id}")


@app.command()
def releases() -> None:
    """All releases, roll-backs and sign-offs of the ledger, oldest first."""
    from minhu.ledger.chain import Ledger

    for event in Ledger(_settings().ledger_path).events():
        signed = f"  by {event.sign_off.approver} at {event.sign_off.approved_at.isoformat()}" if event.sign_off else ""
        typer.echo(f"{event.number:5} {event.kind:10} {event.business_date} {event.release_id}{signed}")


@app.command()
def replay(
    release_id: Annotated[
        str | None, typer.Argument(help="A release of `minhu releases`; default: the current one.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the scratch home in <home>/replay for looking.")] = False,
) -> None:
    """Rebuild a release from landing, apart from everything, and compare each table with what was published."""
    from minhu.audit import replay as module

    screen = console()
    started = time.monotonic()

    def tell(line: str) -> None:
        seconds = time.monotonic() - started
        screen.print(f"[{seconds:6.1f} s] {line}", soft_wrap=True, markup=False, highlight=False)

    _unwind_when_asked_to_end()
    found = module.replay(_settings(), release_id, tell, keep)
    for line in found.lines():
        tell(line)
    if not found.is_equal:
        raise typer.Exit(module.ReplayDiffers.exit_code)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="select … from published.kpi_results …")],
    output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
) -> None:
    """Query the current release, read-only; needs no server."""
    from minhu.analysis.query import run_sql

    print_rows(run_sql(_settings(), statement), output)


@app.command()
def quarantine(
    rule: Annotated[str | None, typer.Option(help="Show the records of one rule.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
) -> None:
    """Records that broke a rule: counts by rule, or the records of one rule by business key."""
    from minhu.analysis.query import run_sql

    rows = run_sql(_settings(), "select * from published.quarantined_rows order by all")
    if rule is not None:
        import pyarrow.compute as pc

        print_rows(rows.filter(pc.equal(rows["rule_id"], rule)), output)
        return
    counted = rows.group_by(["table_name", "rule_id", "reason", "reason_zh"]).aggregate([("record_key", "count")])
    print_rows(
        counted.sort_by("rule_id").rename_columns(["table_name", "rule_id", "reason", "reason_zh", "records"]), output
    )


def main() -> None:
    """Entry point: a known error is a sentence and an exit code, not a traceback."""
    try:
        app()
    except MinhuError as error:
        _end_with(error)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        from minhu.state_directory import cannot_write

        _end_with(cannot_write(error, _settings().home))
    except SystemExit as end:
        if end.code == _CTRL_C:
            typer.echo("minhu: ended by Ctrl-C; what was started is stopped, the same command goes on", err=True)
        raise


def _end_with(error: MinhuError) -> NoReturn:
    typer.echo(f"minhu: {_for_this_city(str(error))}", err=True)
    sys.exit(error.exit_code)


def _for_this_city(message: str) -> str:
    """A message whose commands can be typed as they stand: those who write it do not know which city was chosen."""
    city = _chosen["city"]
    return message.replace("`minhu ", f"`minhu --city {city} ") if city else message


def _unwind_when_asked_to_end() -> None:
    """Let SIGTERM and a closed terminal end a night as Ctrl-C does: whatever was started is stopped, undisturbed."""

    def end(received: int, _: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C would leave half of it running
        if received == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + received)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def _settings(city: str | None = None) -> Settings:
    from minhu import settings

    return settings.load(city or _chosen["city"])


def _state(city: str | None = None) -> Settings:
    """The settings of a command that writes state: its folders are made, and closed to others."""
    from minhu import state_directory

    settings = _settings(city)
    state_directory.prepare(settings.state_folders, settings.readers_group)
    return settings


def _business_date(settings: Settings, text: str | None) -> date:
    """The date asked for, the city's own, or yesterday there. The only place that reads the clock."""
    from minhu.business_dates import parse_business_date

    if text or settings.city.default_business_date:
        return parse_business_date(text or settings.city.default_business_date)
    return datetime.now(settings.zone).date() - timedelta(days=1)


def _refuse_a_clock_that_went_back(settings: Settings, day: date) -> None:
    """Nobody asked for ``day`` by name: if later nights were published, the clock is more likely wrong than meant."""
    from minhu.ledger.chain import Ledger

    events, _ = Ledger(settings.ledger_path).inspect({})  # whether they are sound is for the publication to say
    last = max((event.business_date for event in events), default=day)
    if day < last:
        raise UsageError(
            "choose the business date",
            f"by this machine's clock the night to run is {day}, but that of {last} was published already",
            f"correct the clock, or say which night is meant (`minhu nightly --date {day}`)",
        )


add_commands(app, _settings)
add_evidence_commands(app, _settings)
add_retention_command(app, _settings)
add_database_commands(app, _settings, _state)
