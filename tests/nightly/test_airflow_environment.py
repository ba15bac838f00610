"""What Airflow's processes are told: the city's home and connections, and nothing of the user's own Airflow."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from minhu import settings as settings_module
from minhu.errors import PermanentError
from minhu.extract.registry import Endpoint
from minhu.settings import CityProfile, Settings
from minhu.standalone import airflow_log_in
from minhu.standalone.airflow_runtime import Connections, environment, running

EVERYTHING = Connections(
    {
        "hotline": Endpoint("postgresql://reader:p%40ss@db.example:5433/hotline?sslmode=require"),
        "grid": Endpoint("https://grid.example/api", "grid-token"),
        "stations": Endpoint("/drop/stations"),
        "returns": Endpoint("/drop/returns"),
    },
    published_uri="host=/run/pg dbname=minhu user=writer",
)


def connection(values: dict[str, str], name: str) -> dict[str, object]:
    return dict(json.loads(values[f"AIRFLOW_CONN_MINHU_{name}"]))


def test_connections_are_given_as_json(night: Settings) -> None:
    values = environment(night, EVERYTHING, 8123)
    assert connection(values, "HOTLINE") == {
        "conn_type": "postgres", "host": "db.example", "port": 5433, "login": "reader", "password": "p@ss",
        "schema": "hotline", "extra": {"sslmode": "require"},
    }  # fmt: skip
    assert connection(values, "GRID") == {
        "conn_type": "http", "host": "https://grid.example/api", "password": "grid-token",
    }  # fmt: skip
    assert connection(values, "STATIONS") == {"conn_type": "fs", "host": "/drop/stations"}
    assert connection(values, "PUBLISHED") == {
        "conn_type": "postgres", "host": "/run/pg", "schema": "minhu", "login": "writer",
    }  # fmt: skip


def test_source_the_city_does_not_have_gets_no_connection(night: Settings) -> None:
    values = environment(night, Connections({}, "dbname=minhu"), 8123)
    assert [name for name in values if name.startswith("AIRFLOW_CONN_")] == ["AIRFLOW_CONN_MINHU_PUBLISHED"]


def test_nothing_of_the_users_own_airflow_is_passed_on(night: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = {
        "AIRFLOW_HOME": "/home/me/airflow",
        "AIRFLOW_CONFIG": "/home/me/airflow.cfg",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://production/airflow",
        "AIRFLOW__CORE__PLUGINS_FOLDER": "/home/me/plugins",
        "AIRFLOW_CONN_MINHU_GRID": '{"conn_type": "http", "host": "http://elsewhere"}',
        "AIRFLOW_VAR_X": "1",
        "_AIRFLOW_PROCESS_CONTEXT": "server",
    }
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    values = environment(night, Connections({}, "dbname=minhu"), 8123)
    assert values["AIRFLOW_HOME"] == str(night.airflow_home)
    assert {name for name in foreign if name in values} == {"AIRFLOW_HOME"}
    assert values["LANG"] == "zh_CN.UTF-8"


def test_only_this_machine_reaches_it_and_no_proxy_stands_between(
    night: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    values = environment(night, EVERYTHING, 8123)
    assert values["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert values["AIRFLOW__API__PORT"] == "8123"
    assert values["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"
    assert values["NO_PROXY"] == values["no_proxy"] == "intranet.example,127.0.0.1"


@pytest.mark.parametrize("code", ["xian", "pingshan"])
def test_tasks_find_the_same_home(code: str, tmp_path: Path, night: Settings) -> None:
    home = settings_module.home_of(code, {"MINHU_HOME": str(tmp_path)})
    values = environment(replace(night, home=home, city=CityProfile(code=code)), EVERYTHING, 8123)
    assert settings_module.load(environ=values).home == home
    assert settings_module.load(environ=values).city.code == code


def test_night_runs_on_demand_unless_a_schedule_is_set(night: Settings) -> None:
    assert environment(night, EVERYTHING, 1)["MINHU_NIGHTLY_CRON"] == "manual"
    assert environment(replace(night, nightly_cron="5 2 * * *"), EVERYTHING, 1)["MINHU_NIGHTLY_CRON"] == "5 2 * * *"


def test_nobody_comes_in_without_a_password(night: Settings) -> None:
    values = environment(night, EVERYTHING, 8123)
    assert values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "minhu:admin,admin:admin"
    values = environment(replace(night, approvers={"li": "li", "3": "zhao"}), EVERYTHING, 8123)
    assert values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "minhu:admin,admin:admin,li:user,3:user"
    passwords = Path(values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    assert passwords == night.home / "secrets" / "airflow_passwords.json"


def test_passwords_are_made_once_and_only_the_owner_reads_them(night: Settings) -> None:
    airflow_log_in.make_passwords(night)
    path = airflow_log_in.passwords_path(night)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    first = json.loads(path.read_text())
    assert set(first) == {"minhu", "admin"} and len(set(first.values())) == 2
    airflow_log_in.make_passwords(replace(night, approvers={"li": "li"}))
    later = json.loads(path.read_text())
    assert {name: later[name] for name in first} == first and set(later) == {*first, "li"}
    airflow_log_in.make_passwords(night)
    assert json.loads(path.read_text()) == later, "who may no longer approve keeps the password, and is no user"


def test_the_password_is_shown_once(night: Settings) -> None:
    airflow_log_in.make_passwords(night)
    word = airflow_log_in.password_of(night, "admin")
    assert word in airflow_log_in.lines_for_people(night)[0]
    again = " ".join(airflow_log_in.lines_for_people(night))
    assert word not in again and str(airflow_log_in.passwords_path(night)) in again


@pytest.mark.parametrize("content", ["", "{", "[]", '{"minhu": 1}', '{"minhu": ""}', "[" * 100_000, '{"minhu": NaN}'])
def test_a_file_of_passwords_that_makes_no_sense_is_a_sentence(night: Settings, content: str) -> None:
    airflow_log_in.make_passwords(night)
    airflow_log_in.passwords_path(night).write_text(content)
    with pytest.raises(PermanentError, match=r"expected a password .* - delete that file"):
        airflow_log_in.make_passwords(night)
    with pytest.raises(PermanentError, match=r"expected a password .* - delete that file"):
        airflow_log_in.password_of(night)


def test_the_log_server_of_the_scheduler_is_not_started(night: Settings, fake_airflow: Path) -> None:
    """It would listen on every address of the machine; its option is one that the installed Airflow knows."""
    with running(night, EVERYTHING):
        pass
    calls = (night.airflow_home / "calls.txt").read_text().splitlines()
    assert "scheduler --skip-serve-logs" in calls
