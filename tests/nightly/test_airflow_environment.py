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


def test_everybody_is_an_administrator_until_somebody_may_sign_off(night: Settings) -> None:
    values = environment(night, EVERYTHING, 8123)
    assert values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "True"
    values = environment(replace(night, approvers={"li": "li", "3": "zhao"}), EVERYTHING, 8123)
    assert values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "minhu:admin,li:user,3:user"
    passwords = Path(values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    assert passwords == night.home / "secrets" / "airflow_passwords.json"


def test_airflow_that_made_no_password_for_the_pipeline_is_a_sentence(night: Settings, fake_airflow: Path) -> None:
    """The stand-in makes none, as a real one would that found another file of passwords there."""
    home = replace(night, approvers={"li": "li"})
    with (
        pytest.raises(
            PermanentError, match=r"log in to Airflow: expected a password of minhu in .* - delete that file"
        ),
        running(home, EVERYTHING),
    ):
        pass
    path = home.home / "secrets" / "airflow_passwords.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
