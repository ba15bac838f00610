"""The map of a city's order files (``maps/*.toml``): which column is what, which word means what, what is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from minhu.contracts import INPUTS
from minhu.errors import UsageError

Word = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CityPart(_Part):
    """``[city]``: name, zone and the code of the whole city as a place."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    name: Word
    time_zone: str
    place_code: Word

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"expected an IANA time zone such as Asia/Shanghai, found {value!r}") from None
        return value


class FilePart(_Part):
    """``[file]``: how the text is written.

    Attributes:
        encoding: strict; a file in another encoding is refused.
        missing: cell contents that mean nothing is known.
        time_formats: strptime formats, tried in order; times are local to the city.
        expect_ascii: report rows with other characters.
    """

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    missing: tuple[str, ...] = ("",)
    time_formats: tuple[Word, ...]
    expect_ascii: bool = False


class ColumnsPart(_Part):
    """``[columns]``: the file's column behind each field of ``hotline.work_orders``. What is not named stays empty."""

    order_id: Word
    created_at: Word
    due_at: str | None = None
    replied_at: str | None = None
    closed_at: str | None = None
    status_at: str | None = None
    status: str | None = None
    channel: str | None = None
    demand_type: str | None = None


class Named(_Part):
    """A thing the file names: its column of ids, of names, or both. Without ids the code is made from the name."""

    id: str | None = None
    name: str | None = None

    @model_validator(mode="after")
    def _something(self) -> Named:
        if not (self.id or self.name):
            raise ValueError("expected `id`, `name` or both")
        return self


class PlacesPart(_Part):
    """``[places]``: from the city downwards; a level that the files do not have is left out."""

    district: Named | None = None
    street: Named | None = None
    community: Named | None = None


class ConstantsPart(_Part):
    """``[constants]``: values of fields that no column has."""

    status: Literal["open", "closed"] | None = None
    assessment_scope: Literal["three_rate", "response_only"] = "three_rate"


class Pattern(_Part):
    """A word for a field, given when a column's text matches; the text itself is not kept."""

    column: Word
    pattern: Word
    value: Word

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        re.compile(value)
        return value


class OnTimePart(_Part):
    """``[on_time]``: the city's own flag.

    Attributes:
        role: ``definition`` where no closing time exists and H06 must come from the flag; ``beside`` otherwise.
        true_when, false_when: column to the value that says so.
    """

    role: Literal["definition", "beside"]
    true_when: dict[str, str]
    false_when: dict[str, str]


class OrderMap(_Part):
    """A whole map file."""

    city: CityPart
    file: FilePart
    columns: ColumnsPart
    places: PlacesPart = PlacesPart()
    unit: Named | None = None
    category: Named | None = None
    words: dict[Literal["status", "channel", "demand_type", "closure_code"], dict[str, str]] = {}
    closure_column: str | None = None
    closure_patterns: tuple[Pattern, ...] = ()
    constants: ConstantsPart = ConstantsPart()
    on_time: OnTimePart | None = None
    absent: dict[str, str] = {}

    @field_validator("absent")
    @classmethod
    def _known_inputs(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(INPUTS))
        if unknown:
            raise ValueError(f"expected inputs among {', '.join(INPUTS)}; found {', '.join(unknown)}")
        return value

    def used_columns(self) -> list[str]:
        """Every column of the files that the map reads, sorted."""
        found: set[str | None] = set(self.columns.model_dump().values()) | {self.closure_column}
        for thing in (self.places.district, self.places.street, self.places.community, self.unit, self.category):
            found |= {thing.id, thing.name} if thing else set()
        found |= {pattern.column for pattern in self.closure_patterns}
        if self.on_time:
            found |= {*self.on_time.true_when, *self.on_time.false_when}
        return sorted(column for column in found if column)


def read_map(path: Path) -> OrderMap:
    """Read and check a map file.

    Raises:
        UsageError: it is not there, is not TOML, or a key is wrong; the message names the key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"read the map {path}", "there is no such file", "give the path of a map, such as maps/pingshan.toml"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"read the map {path}", f"it is not TOML: {error}", "correct that line") from None
    try:
        return OrderMap.model_validate(content)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise UsageError(f"read the map {path}", wrong, "correct these keys") from None
