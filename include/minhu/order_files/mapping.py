"""The map of a city's order files (``maps/*.toml``): which column is what, which word means what, what is not there.

Everything a city differs in is said here; no city has code of its own. The keys are explained for people who write a
map in ``docs/cities/README.md``.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from minhu.errors import UsageError
from minhu.landing.contracts import INPUTS

CodedField = Literal["status", "channel", "demand_type", "tier", "assessment_scope", "closure_code"]
CODED_FIELDS: tuple[CodedField, ...] = get_args(CodedField)
#: The codes that the contract knows. Channels may have codes of a city's own, so that two of them stay two.
CODES: dict[str, frozenset[str]] = {
    "status": frozenset({"open", "suspended", "closed"}),
    "demand_type": frozenset({"consult", "help", "complaint", "report", "suggest"}),
    "tier": frozenset({"immediate", "time_limited", "tracked"}),
    "assessment_scope": frozenset({"three_rate", "response_only", "excluded"}),
    "closure_code": frozenset({"solved", "explained", "duplicate", "not_responsible", "withdrawn"}),
}
#: What no order file holds: a map must say why it is not there.
NEVER_IN_ORDERS = ("calls", "callbacks", "grid", "stations")


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"expected an IANA time zone such as Asia/Shanghai, found {value!r}") from None
    return value


def _known_encoding(value: str) -> str:
    try:
        codecs.lookup(value)
    except LookupError:
        raise ValueError(f"expected an encoding such as gb18030 or utf-8-sig, found {value!r}") from None
    return value


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression, found {value!r}: {error}") from None
    return value


def _check_code(field: str, code: str) -> None:
    known = CODES.get(field)
    if known is not None and code not in known:
        raise ValueError(f"{field}: expected one of {', '.join(sorted(known))}; found {code!r}")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", code):
        raise ValueError(f"{field}: expected a short code of a-z, 0-9 and _, found {code!r}")


Word = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[Word, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
Values = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
#: Column to the value, or the values, that meet the condition; all columns must.
Condition = Annotated[dict[str, Values], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CityPart(_Part):
    """``[city]``: name, zone and the code of the whole city as a place."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    name: Word
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    place_code: Word


class FilePart(_Part):
    """``[file]``: how the text is written.

    Attributes:
        encoding: Python's name. A few damaged characters are reported; a file in another encoding is refused.
        missing: cell contents that mean nothing is known.
        time_formats: strptime formats, tried in order. Times are local to the city unless the format has ``%z``.
        expect_ascii: report rows with other characters.
        known_until: the last local day the files know of; by default the last day any time of theirs names.
    """

    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8-sig"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    missing: tuple[str, ...] = ("",)
    time_formats: Annotated[tuple[Word, ...], Field(min_length=1)]
    expect_ascii: bool = False
    known_until: date | None = None


class ColumnsPart(_Part):
    """``[columns]``: the file's column behind each field of ``hotline.work_orders``. What is not named stays empty.

    ``order_id`` may be several columns, which make the id together. ``status_at`` is the time of the last change.
    """

    order_id: Annotated[Words, Field(min_length=1)]
    created_at: Word
    due_at: Word | None = None
    replied_at: Word | None = None
    closed_at: Word | None = None
    status_at: Word | None = None
    status: Word | None = None
    channel: Word | None = None
    demand_type: Word | None = None
    tier: Word | None = None
    assessment_scope: Word | None = None
    closure_code: Word | None = None
    parent_order_id: Word | None = None


class Named(_Part):
    """A thing the file names: its column of ids, of names, or both. Without ids the code is made from the name.

    Attributes:
        missing: ids that mean nothing is known, beside the file's own markers.
    """

    id: Word | None = None
    name: Word | None = None
    missing: tuple[str, ...] = ()

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


class Pattern(_Part):
    """``[[patterns]]``: a code for a field, given when a column's text matches; the text itself is not kept.

    A group named ``parent`` in the pattern is the order that this one repeats.
    """

    field: CodedField
    column: Word
    pattern: Annotated[str, AfterValidator(_compiles)]
    code: Word


class Flag(_Part):
    """``[[flags]]``: a code for a field, given when columns hold certain values."""

    field: CodedField
    when: Condition
    code: Word


class Pair(_Part):
    """``[[same]]``: two columns that say one thing, as an id and as a word; rows where they disagree are reported."""

    id: Word
    name: Word


class DuplicatesPart(_Part):
    """``[duplicates]``: what becomes of repeated rows. Rows that are identical, id included, always count once.

    Attributes:
        same_id: which row counts where one id has different content: the one with the newest time (the last one read
            where they are equally new), the first or the last one read.
        identical_but_id: rows that are the same but for the id: nobody can know, so by default both are kept.
        other_ids: columns that are ids too, left out of that comparison.
    """

    same_id: Literal["newest", "first", "last"] = "newest"
    identical_but_id: Literal["keep_both", "keep_first"] = "keep_both"
    other_ids: tuple[Word, ...] = ()


class OnTimePart(_Part):
    """``[on_time]``: the city's own flag.

    Attributes:
        role: ``definition`` where no closing time exists and H06 must come from the flag; ``beside`` otherwise.
        true_when: column to the value that says on time; all must hold.
        false_when: the same for late. A row that meets neither, or both, says nothing.
    """

    role: Literal["definition", "beside"]
    true_when: Condition
    false_when: Condition


class OrderMap(_Part):
    """A whole map file."""

    city: CityPart
    file: FilePart
    columns: ColumnsPart
    places: PlacesPart = PlacesPart()
    unit: Named | None = None
    category: tuple[Named, ...] = ()
    words: dict[CodedField, dict[str, str]] = {}
    flags: tuple[Flag, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    constants: dict[CodedField, Word] = {}
    same: tuple[Pair, ...] = ()
    duplicates: DuplicatesPart = DuplicatesPart()
    on_time: OnTimePart | None = None
    absent: dict[str, Word]

    @model_validator(mode="after")
    def _codes_exist(self) -> OrderMap:
        for name, words in self.words.items():
            if getattr(self.columns, name) is None:
                raise ValueError(f"words.{name}: expected a column, found no key columns.{name}")
            for code in words.values():
                if code:  # "" is a word that has no code, and that is known
                    _check_code(name, code)
        for name in CODED_FIELDS:
            if getattr(self.columns, name) and name not in self.words:
                raise ValueError(f"columns.{name}: expected the words of that column, found no table words.{name}")
        rules: tuple[Flag | Pattern, ...] = (*self.flags, *self.patterns)
        for rule in rules:
            _check_code(rule.field, rule.code)
        for name, code in self.constants.items():
            _check_code(name, code)
        return self

    @model_validator(mode="after")
    def _status_comes_from_somewhere(self) -> OrderMap:
        named = self.columns.status or self.columns.closed_at or "status" in self.constants
        if not named and not any(rule.field == "status" for rule in self.flags):
            raise ValueError(
                "status: expected columns.status, columns.closed_at, a flag or constants.status; found none of them"
            )
        return self

    @model_validator(mode="after")
    def _what_is_missing_is_said(self) -> OrderMap:
        unknown = sorted(set(self.absent) - set(INPUTS))
        if unknown:
            raise ValueError(f"absent: expected inputs among {', '.join(INPUTS)}; found {', '.join(unknown)}")
        columns = self.columns
        defines = self.on_time is not None and self.on_time.role == "definition"
        needed = [
            *NEVER_IN_ORDERS,
            *([] if columns.replied_at and columns.due_at else ["replies"]),
            *([] if columns.closed_at else ["durations"]),
            *([] if defines or (columns.due_at and columns.closed_at) else ["on_time"]),
            *([] if columns.tier or "tier" in self.constants else ["tiers"]),
        ]
        silent = sorted(set(needed) - set(self.absent))
        if silent:
            raise ValueError(f"absent: expected a reason for {', '.join(silent)}, which these columns cannot give")
        return self

    @model_validator(mode="after")
    def _two_definitions_do_not_mix(self) -> OrderMap:
        if self.on_time and self.on_time.role == "definition" and self.columns.due_at and self.columns.closed_at:
            raise ValueError("on_time.role: expected 'beside', because the files have a deadline and a closing time")
        return self

    def used_columns(self) -> list[str]:
        """Every column of the files that the map reads, sorted."""
        return sorted(set(self._columns()))

    def _columns(self) -> Iterator[str]:
        yield from self.columns.order_id
        for name, column in self.columns.model_dump().items():
            if name != "order_id" and column:
                yield column
        things = (self.places.district, self.places.street, self.places.community, self.unit, *self.category)
        for thing in (*things, *self.same):
            if thing:
                yield from (column for column in (thing.id, thing.name) if column)
        yield from (pattern.column for pattern in self.patterns)
        for flag in self.flags:
            yield from flag.when
        if self.on_time:
            yield from (*self.on_time.true_when, *self.on_time.false_when)


def read_map(path: Path) -> OrderMap:
    """Read and check a map file.

    Raises:
        UsageError: it is not there, is not TOML, or a key is wrong; the message names file, key and what was expected.
    """
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(
            f"read the map {path}", "there is no such file", "give the path of a map, such as maps/pingshan.toml"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"read the map {path}", f"it is not TOML in UTF-8: {error}", "correct that line") from None
    try:
        return OrderMap.model_validate(content)
    except ValidationError as error:
        wrong = "; ".join(_in_words(tuple(item["loc"]), item["type"], item["msg"]) for item in error.errors())
        raise UsageError(f"read the map {path}", wrong, "correct the keys named; docs/cities explains them") from None


def _in_words(where: tuple[int | str, ...], kind: str, message: str) -> str:
    key = ".".join(str(part) for part in where if part != "[key]")
    if kind == "extra_forbidden":
        return f"{key}: expected no such key, found it"
    if kind == "missing":
        return f"{key}: expected this key, found nothing"
    text = message.removeprefix("Value error, ")
    return f"{key}: {text[:1].lower()}{text[1:]}" if key else text
