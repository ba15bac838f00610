"""The variables ``MINHU_*``: their names, defaults and forms, and everything that is wrong in them, told at once.

``.env.example`` describes each for people; a test compares the two. The pipeline asks :mod:`minhu.settings` for their values.
"""

from __future__ import annotations

import difflib
import grp
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AliasGenerator, BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from minhu.errors import UsageError
from minhu.texts import is_storable

PREFIX = "MINHU_"
#: Where dbt's ``profiles.yml`` finds the warehouse file and how much of the machine it may take; the pipeline sets these for
#: dbt, nobody else does.
WAREHOUSE_VARIABLE = "MINHU_WORK_FILE"
MEMORY_VARIABLE, THREADS_VARIABLE = "MINHU_WORK_MEMORY", "MINHU_WORK_THREADS"
#: The same of Spark, of which a cluster's own may be set by who runs it (docs/scale.md).
SPARK_JARS, SPARK_WAREHOUSE, SPARK_METASTORE = "MINHU_SPARK_JARS", "MINHU_SPARK_WAREHOUSE", "MINHU_SPARK_METASTORE"
_OF_SPARK = frozenset({SPARK_JARS, SPARK_WAREHOUSE, SPARK_METASTORE}) | {
    "MINHU_SPARK_MASTER", "MINHU_SPARK_MEMORY", "MINHU_SPARK_PARTITIONS",
}  # fmt: skip
_FOR_DBT = frozenset({WAREHOUSE_VARIABLE, MEMORY_VARIABLE, THREADS_VARIABLE}) | _OF_SPARK
DEFAULT_CITY = "xian"
#: The user as whom the pipeline itself asks its Airflow, and whom an Airflow without log-in takes everybody for.
PIPELINE_USER, ANYBODY = "minhu", "Anonymous"
NO_PERSONS = frozenset({PIPELINE_USER, ANYBODY})
_LONGEST_OVERLAP_DAYS = 3660
#: A variable that says nothing without another.
_NEEDS = {
    "MINHU_GRID_URL": "MINHU_HOTLINE_URI",
    "MINHU_GRID_TOKEN": "MINHU_GRID_URL",
    "MINHU_STATIONS_DIR": "MINHU_HOTLINE_URI",
    "MINHU_RETURNS_DIR": "MINHU_HOTLINE_URI",
}


def variable_of(field: str) -> str:
    """The variable behind a field of :class:`Environment`."""
    return f"{PREFIX}{field.upper()}"


def known_city(code: str) -> str:
    """A city's code; it is also the name of a folder."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,40}", code):
        raise ValueError("expected a short lower-case name of letters, digits, - and _")
    return code


def known_time_zone(name: str) -> str:
    """An IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected an IANA time zone such as Asia/Shanghai") from None
    return name


def _folder(text: str) -> Path:
    path = Path(text).resolve()
    if path.exists() and not path.is_dir():
        raise ValueError("expected a folder")
    return path


def _postgres_address(text: str) -> str:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(text)
    except psycopg.ProgrammingError:  # its words may repeat the password
        raise ValueError("expected a PostgreSQL address such as postgresql://user@host:5432/database") from None
    return text


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("expected an address such as https://grid.example")
    return text


def _group(text: str) -> str:
    try:
        grp.getgrnam(text)
    except (KeyError, ValueError):
        raise ValueError("expected a group of this machine") from None
    return text


def _schedule(text: str) -> str:
    if text == "manual":
        return text
    from croniter import croniter

    if not croniter.is_valid(text) or not (text.startswith("@") or len(text.split()) == 5):
        raise ValueError("expected five fields of cron such as `0 1 * * *`, or `manual`")
    return text


def _days(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > _LONGEST_OVERLAP_DAYS:
        raise ValueError(f"expected a whole number of days, 0 to {_LONGEST_OVERLAP_DAYS}")
    return int(text)


def _percent(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > 100:
        raise ValueError("expected a whole number of percent, 0 to 100")
    return int(text)


def _approvers(text: str) -> dict[str, str]:
    """``li,3:zhao``: the user id in Airflow, and the name where it is another."""
    users: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        user_id, _, name = entry.partition(":")
        if not re.fullmatch(r"[^\s:]+(:[^\s:]+)?", entry) or {user_id, name} & NO_PERSONS or user_id in users:
            raise ValueError(
                "expected names like `li,zhao`, or `3:zhao` where Airflow knows zhao as 3, each a person and once"
            )
        users[user_id] = name or user_id
    return users


def _sources(text: str) -> dict[str, str]:
    """``parks=/srv/drop/parks,trees=…``: addresses of sources that have no variable of their own."""
    addresses: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, address = entry.partition("=")
        if not re.fullmatch("[a-z]+", name) or not address or name in addresses:
            raise ValueError("expected sources like `parks=/srv/drop/parks`, each once, separated by commas")
        addresses[name] = address
    return addresses


def _addresses(text: str) -> str:
    if not all(re.match("[a-z]+://.", address) for address in text.split()):
        raise ValueError("expected addresses like `wecombot://KEY mailtos://…`, separated by blanks")
    return text


class _Variables(PydanticBaseSettingsSource):
    """Every variable of ours that is set, also one that no setting has: the model refuses it by name."""

    def __init__(self, model: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(model)
        self._environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = variable_of(field_name)
        return self._environ.get(name) or None, name, False

    def __call__(self) -> dict[str, Any]:
        ours = {name: text for name, text in self._environ.items() if name.startswith(PREFIX) and text}
        return {name: text for name, text in ours.items() if name not in _FOR_DBT}


PostgresAddress = Annotated[str, AfterValidator(_postgres_address)]
Folder = Annotated[Path, BeforeValidator(_folder)]


class Environment(BaseSettings):
    """What ``MINHU_*`` say. An empty variable counts as not set; None means that it is not.

    What may hold a password has ``repr=False`` and is shown in no message.
    """

    model_config = SettingsConfigDict(
        alias_generator=AliasGenerator(validation_alias=variable_of), extra="forbid", frozen=True,
        validate_default=False, hide_input_in_errors=True,
    )  # fmt: skip

    home: Folder | None = None
    city: Annotated[str, AfterValidator(known_city)] = DEFAULT_CITY
    time_zone: Annotated[str, AfterValidator(known_time_zone)] = "Asia/Shanghai"
    hotline_uri: PostgresAddress | None = Field(None, repr=False)
    grid_url: Annotated[str, AfterValidator(_web_address)] | None = Field(None, repr=False)
    grid_token: str | None = Field(None, repr=False)
    stations_dir: Folder | None = None
    returns_dir: Folder | None = None
    sources: Annotated[dict[str, str], BeforeValidator(_sources)] = Field(default_factory=dict, repr=False)
    published_uri: PostgresAddress | None = Field(None, repr=False)
    pseudonym_key: str | None = Field(None, repr=False)
    signing_key: str | None = Field(None, repr=False)
    nightly_cron: Annotated[str, AfterValidator(_schedule)] | None = None
    overlap_days: Annotated[int, BeforeValidator(_days)] = 3
    missing_percent: Annotated[int, BeforeValidator(_percent)] = 5
    engine: Literal["duckdb", "spark"] = "duckdb"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    approvers: Annotated[dict[str, str], BeforeValidator(_approvers)] = Field(default_factory=dict)
    notify: Annotated[str, AfterValidator(_addresses)] | None = Field(None, repr=False)
    readers_group: Annotated[str, AfterValidator(_group)] | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The mapping that :func:`read` was given, which is not always the environment of this process."""
        assert isinstance(init_settings, InitSettingsSource)
        return (_Variables(settings_cls, init_settings.init_kwargs["environ"]),)


def read(environ: Mapping[str, str]) -> Environment:
    """The variables of ours in ``environ``.

    Raises:
        UsageError: some are wrong; the message names all of them, what was expected and what was found.
    """
    garbled = sorted(name for name, text in environ.items() if name.startswith(PREFIX) and not is_storable(text))
    wrong: list[str] = [f"{name}: expected UTF-8 without control marks, found something else" for name in garbled]
    environ = {name: text for name, text in environ.items() if name not in garbled}
    wrong += _alone(environ)
    try:
        environment = Environment(environ=environ)  # type: ignore[call-arg]  # taken by the source, no field
    except ValidationError as error:
        secrets = {variable_of(name) for name, field in Environment.model_fields.items() if not field.repr}
        wrong += sentences(error, [variable_of(name) for name in Environment.model_fields], secrets)
    if wrong:
        raise UsageError(
            "read the settings",
            "; ".join(sorted(wrong)),
            "correct or unset these variables; .env.example describes each",
        )
    return environment


def _alone(environ: Mapping[str, str]) -> Iterator[str]:
    """Addresses of sources count only in a city with a hotline of its own: all others are simulated or loaded."""
    for name, needed in _NEEDS.items():
        if environ.get(name) and not environ.get(needed):
            yield f"{name}: expected {needed} beside it, without which it is not used, found it alone"


def sentences(error: ValidationError, known: Iterable[str], secrets: Container[str] = ()) -> list[str]:
    """What is wrong with each name: what was expected and what was found.

    Args:
        error: of a model or a file that forbids unknown names.
        known: the names there are, of which the nearest is offered for an unknown one.
        secrets: names whose values are not repeated.
    """
    said = []
    for item in error.errors(include_url=False):
        name = ".".join(map(str, item["loc"]))
        if item["type"] == "json_invalid":
            said.append(f"expected JSON, found none ({item['ctx']['error']})")
            continue
        if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            by_capitals = {one.upper(): one for one in known}
            near = difflib.get_close_matches(name.upper(), by_capitals, n=1)
            meant = f" (is {by_capitals[near[0]]} meant?)" if near else ""
            said.append(f"{name}: expected a name that is known, found none of that name{meant}")
            continue
        expected = item["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
        found = "something else, not shown as it may be secret" if name in secrets else repr(item["input"])
        said.append(f"{name}: {expected}, found {found}")
    return said
