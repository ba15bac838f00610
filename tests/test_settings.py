"""Settings: every wrong variable is named at once, no secret is repeated, and `.env.example` lists what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from minhu import environment, settings
from minhu.environment import Environment, variable_of
from minhu.errors import UsageError

VARIABLES = {variable_of(name): field for name, field in Environment.model_fields.items()}
HOTLINE = {"MINHU_HOTLINE_URI": "postgresql://reader@hotline.example/hotline"}
#: A wrong value of each variable that has a form, and what is said about it. Keys are read where they are used.
WRONG = {
    "MINHU_HOME": (__file__, "expected a folder, found"),
    "MINHU_CITY": ("Xi'an", 'expected a short lower-case name of letters, digits, - and _, found "Xi\'an"'),
    "MINHU_TIME_ZONE": ("Asia/Xian", "expected an IANA time zone such as Asia/Shanghai, found 'Asia/Xian'"),
    "MINHU_HOTLINE_URI": ("postgresql://reader:geheim@[hotline/x", "expected a PostgreSQL address"),
    "MINHU_GRID_URL": ("grid.example?token=geheim", "expected an address such as https://grid.example"),
    "MINHU_STATIONS_DIR": (__file__, "expected a folder, found"),
    "MINHU_RETURNS_DIR": (__file__, "expected a folder, found"),
    "MINHU_PUBLISHED_URI": ("host=bi passwort=geheim", "expected a PostgreSQL address"),
    "MINHU_NIGHTLY_CRON": ("0 25 * * *", "expected five fields of cron such as `0 1 * * *`, or `manual`, found '0 25 * * *'"),
    "MINHU_OVERLAP_DAYS": ("-1", "expected a whole number of days, 0 to 3660, found '-1'"),
    "MINHU_MISSING_PERCENT": ("101", "expected a whole number of percent, 0 to 100, found '101'"),
    "MINHU_ENGINE": ("trino", "expected 'duckdb' or 'spark', found 'trino'"),
    "MINHU_LOG_LEVEL": ("loud", "expected 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL', found 'loud'"),
    "MINHU_APPROVERS": ("li,li", "expected names like `li,zhao`"),
    "MINHU_READERS_GROUP": ("no such group", "expected a group of this machine, found 'no such group'"),
    "MINHU_NOTIFY": ("geheim@example.com", "expected addresses like `wecombot://KEY mailtos://…`"),
    "MINHU_SOURCES": ("parks=/drop,parks=/geheim", "expected sources like `parks=/srv/drop/parks`"),
}  # fmt: skip
WITHOUT_FORM = {"MINHU_GRID_TOKEN", "MINHU_PSEUDONYM_KEY", "MINHU_SIGNING_KEY"}


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(UsageError) as caught:
        settings.load(environ=environ)
    return caught.value.happened


def test_all_wrong_variables_are_named_in_one_message_and_no_secret_is() -> None:
    assert set(WRONG) == set(VARIABLES) - WITHOUT_FORM, "give a wrong value for each variable with a form"
    told = refused({name: value for name, (value, _) in WRONG.items()} | {"MINHU_OVERLAP_DAY": "3"})
    for name, (_, says) in WRONG.items():
        assert f"{name}: {says}" in told
    assert (
        "MINHU_OVERLAP_DAY: expected a name that is known, found none of that name (is MINHU_OVERLAP_DAYS meant?)"
        in told
    )
    assert told.count("MINHU_") == len(WRONG) + 2 and "geheim" not in told


@pytest.mark.parametrize("name", sorted(WRONG))
def test_one_wrong_variable_is_told_alone(name: str) -> None:
    value, says = WRONG[name]
    told = refused(HOTLINE | {name: value})
    assert told.startswith(f"{name}: {says}") and "; " not in told


@pytest.mark.parametrize(
    ("alone", "needed"),
    [
        ({"MINHU_GRID_URL": "https://grid.example"}, "MINHU_HOTLINE_URI"), (HOTLINE | {"MINHU_GRID_TOKEN": "t"}, "MINHU_GRID_URL"),
        ({"MINHU_STATIONS_DIR": "/srv/drop"}, "MINHU_HOTLINE_URI"), ({"MINHU_RETURNS_DIR": "/srv/drop"}, "MINHU_HOTLINE_URI"),
    ],
)  # fmt: skip
def test_a_variable_that_would_not_be_used_is_told(alone: dict[str, str], needed: str) -> None:
    assert (
        refused(alone)
        == f"{list(alone)[-1]}: expected {needed} beside it, without which it is not used, found it alone"
    )


def test_an_empty_variable_counts_as_not_set_and_other_programs_have_theirs(tmp_path: Path) -> None:
    nothing = dict.fromkeys(VARIABLES, "") | {"MINHU_HOME": str(tmp_path)}
    assert settings.load(environ=nothing) == settings.load(environ={"MINHU_HOME": str(tmp_path)})
    others = {"PATH": "/bin", environment.WAREHOUSE_VARIABLE: "/somewhere/work.duckdb", "MINHUA": "x"}
    assert settings.load(environ=others | {"MINHU_HOME": str(tmp_path)}).overlap_days == 3


@pytest.mark.parametrize("cron", ["manual", "@daily", "30 2 * * 1-5", "*/15 * * * *"])
def test_schedules_that_airflow_knows_are_taken(tmp_path: Path, cron: str) -> None:
    assert settings.load(environ={"MINHU_HOME": str(tmp_path), "MINHU_NIGHTLY_CRON": cron}).nightly_cron == cron


def test_the_representation_shows_no_secret() -> None:
    kept = dict.fromkeys(WITHOUT_FORM, "geheim")
    read = environment.read(kept | {"MINHU_GRID_URL": "https://x/geheim", "MINHU_HOTLINE_URI": "password=geheim"})
    assert read.grid_token == read.pseudonym_key == read.signing_key == "geheim" and "geheim" not in repr(read)


def test_the_example_lists_every_variable_with_its_default() -> None:
    text = (settings.PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    lines = re.findall(r"^# (MINHU_\w+)=(.*?)(?:  +(.*))?$", text, re.MULTILINE)
    assert sorted(name for name, *_ in lines) == sorted(VARIABLES), "each once"
    environment.read({name: value for name, value, _ in lines})  # all of them, as they stand there
    shown = {name: value for name, value, says in lines if re.match(r"default\b", says)}
    assert shown == {
        name: str(field.default) for name, field in VARIABLES.items() if field.default and not field.default_factory
    }


def test_all_wrong_keys_of_a_profile_are_named_with_its_path(tmp_path: Path) -> None:
    profile = {
        "code": "xian",
        "Name": "西安市",
        "kind": "real",
        "time_zone": "Asia/Xian",
        "default_business_date": "gestern",
    }
    (tmp_path / "city.json").write_text(json.dumps(profile), encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(f"read {tmp_path / 'city.json'}: ")) as caught:
        settings.read_profile(tmp_path, "xian", {})
    assert sorted(caught.value.happened.split("; ")) == [
        "Name: expected a name that is known, found none of that name (is name meant?)",
        "default_business_date: expected a date as YYYY-MM-DD, found 'gestern'",
        "kind: expected 'simulated', 'loaded' or 'connected', found 'real'",
        "time_zone: expected an IANA time zone such as Asia/Shanghai, found 'Asia/Xian'",
    ]
    (tmp_path / "city.json").write_text('{"code": ', encoding="utf-8")
    with pytest.raises(UsageError, match="expected JSON, found none"):
        settings.read_profile(tmp_path, "xian", {})
