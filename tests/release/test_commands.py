"""The commands around a release as people type them: what they print, and the code they end with."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minhu.cli import app
from minhu.standalone import postgres
from tests.cli.processes import Ended, minhu
from tests.fixtures import second_user

from .conftest import D19, D20, Home

COMMANDS = (
    "airflow", "airflow-cli", "backfill", "nightly", "simulate", "load-orders", "status", "rollback", "releases",
    "verify", "keys", "provenance", "replay", "sql", "quarantine", "db",
)  # fmt: skip


def run(home: Home, *arguments: str) -> Ended:
    return minhu(home.settings.home, *arguments, MINHU_PUBLISHED_URI=home.uri)


def test_help_names_every_command_and_the_exit_codes() -> None:
    shown = CliRunner().invoke(app.app, ["--help"])
    assert shown.exit_code == 0 and "Exit codes: 0 done; 2 the command was wrong" in shown.output
    for command in COMMANDS:
        assert f" {command} " in shown.output
        option = "--minhu-help" if command == "airflow-cli" else "--help"
        of_one = CliRunner().invoke(app.app, [command, option])
        assert of_one.exit_code == 0 and len(of_one.output) > 100, command


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nightly", "--date", "2026-13-01"), "2026-13-01"),
        (("backfill", "--from", "2026-11-20", "--to", "2026-11-01"), "swap the dates"),
        (("load-orders", "--map", "maps/nowhere.toml", "orders.csv"), "maps/nowhere.toml"),
        (("status",), "run a night first"),
        (("sql", "select 1"), "run a night first"),
        (("--city", "atlantis", "nightly"), "atlantis"),
        (("no-such-command",), "No such command"),
    ],
)
def test_a_wrong_command_is_a_sentence_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    ended = minhu(tmp_path, *arguments)
    assert ended.code == 2, ended.said
    assert says in ended.err and "Traceback" not in ended.err
    assert ended.out == "" or arguments[-1] == "nightly"


def test_status_sql_and_releases_speak_of_the_same_release(home: Home) -> None:
    night = home.night(D20)
    assert night.release_id in run(home, "status").out
    assert json.loads(run(home, "status", "--json").out)["release_id"] == night.release_id
    assert [line.split() for line in run(home, "releases").out.splitlines()] == [
        ["1", "release", "2026-11-20", night.release_id]
    ]
    query = "select unit_code, numerator::int as n from kpi_results where kpi_id = 'H04'"
    assert json.loads(run(home, "sql", query, "--format", "json").out) == [{"unit_code": "C1", "n": 120}]
    rows = list(csv.reader(io.StringIO(run(home, "sql", query, "--format", "csv").out)))
    assert rows == [["unit_code", "n"], ["C1", "120"]]
    shown = run(home, "sql", query).out
    assert "C1" in shown and "1 rows" in shown


def test_a_statement_that_writes_or_makes_no_sense_is_refused_in_words(home: Home) -> None:
    home.night(D20)
    for statement, says in (
        ("delete from kpi_results", "expected a select, found delete"),
        ("select nonsense from kpi_results", "nonsense"),
        ("select * from read_csv('/etc/passwd')", "reaches outside the release"),
    ):
        ended = run(home, "sql", statement)
        assert (ended.code, ended.out) == (2, "") and says in ended.err and "Traceback" not in ended.err


def test_rollback_moves_readers_and_a_release_nobody_knows_is_refused(home: Home) -> None:
    first = home.night(D19)
    second = home.night(D20)
    assert second.release_id in run(home, "status").out
    assert f"current release: {first.release_id}" in run(home, "rollback", first.release_id).out
    assert first.release_id in run(home, "status").out
    assert [line.split()[1] for line in run(home, "releases").out.splitlines()] == ["release", "release", "rollback"]
    refused = run(home, "rollback", "2026-11-18-0000000000")
    assert refused.code == 2 and "2026-11-18-0000000000" in refused.err and "Traceback" not in refused.err
    assert first.release_id in run(home, "status").out


def test_verify_ends_with_1_and_names_what_was_changed(home: Home) -> None:
    night = home.night(D20)
    sound = run(home, "verify")
    assert (sound.code, sound.out.splitlines()[0]) == (0, "the ledger, all signatures and all files are sound")
    file = next(file for file in night.files if file.table == "kpi_results")
    path = night.path / file.name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    changed = run(home, "verify")
    assert changed.code == 1 and file.name in changed.out


def test_messages_name_the_city_in_the_commands_they_advise(home: Home) -> None:
    ended = minhu(home.settings.home, "--city", "boston311", "db", "uri")
    assert ended.code == 1 and "start it with `minhu --city boston311 db start`" in ended.err


def test_a_database_is_started_left_running_and_stopped(tmp_path: Path) -> None:
    deep = tmp_path / ("a-folder-whose-name-is-too-long-for-the-path-of-a-socket" * 2)
    assert minhu(deep, "db", "stop").out.strip() == "it was not running"
    begun = minhu(deep, "db", "start").out.split()
    try:
        assert begun[0] == "started" and begun[1] == minhu(deep, "db", "uri").out.strip()
        assert minhu(deep, "db", "start").out.splitlines()[0] == "it was running already"
    finally:
        assert minhu(deep, "db", "stop").out.strip() == "stopped"
    assert postgres.future_uri(deep / "postgres") == begun[1]
    second_user.forget_sockets(deep / "postgres")
