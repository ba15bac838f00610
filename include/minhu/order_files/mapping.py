"""The map of a city's order files (``maps/*.toml``): which column is what, which word means what, what is not there.

Everything a city differs in is said here; no city has code of its own. The keys are explained for people who write a
map in ``docs/cities/README.md``.
"""

from __future__ import annotations

import difflib
import fnmatch
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from minhu.errors import UsageError
from minhu.landing.contracts import INPUTS
from minhu.order_files.map_parts import (
    CODED_FIELDS,
    TIMES,
    CellWord,
    CityPart,
    CodedField,
    ColumnsPart,
    DuplicatesPart,
    FilePart,
    Flag,
    LeftOut,
    Named,
    OnTimePart,
    OtherFiles,
    Pair,
    Part,
    PartsPart,
    Pattern,
    PlacesPart,
    TimeField,
    TimeFormats,
    Word,
    check_code,
)
from minhu.order_files.time_formats import has_clock
from minhu.texts import read_toml

#: What no order file holds: a map must say why it is not there.
NEVER_IN_ORDERS = ("calls", "callbacks", "grid", "stations")


class OrderMap(Part):
    """A whole map file."""

    city: CityPart
    file: FilePart
    columns: ColumnsPart
    time_formats: dict[TimeField, TimeFormats] = Field(default_factory=dict)
    other_files: tuple[OtherFiles, ...] = ()
    places: PlacesPart = PlacesPart()
    unit: Named | None = None
    category: tuple[Named, ...] = ()
    words: dict[CodedField, dict[CellWord, str]] = Field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    constants: dict[CodedField, Word] = Field(default_factory=dict)
    leave_out: tuple[LeftOut, ...] = ()
    same: tuple[Pair, ...] = ()
    parts: PartsPart | None = None
    duplicates: DuplicatesPart = DuplicatesPart()
    on_time: OnTimePart | None = None
    absent: dict[str, Word]

    @model_validator(mode="after")
    def _codes_exist(self) -> OrderMap:
        for name, words in self.words.items():
            if getattr(self.columns, name) is None:
                raise ValueError(f"words.{name}: expected a column, found no key columns.{name}")
            never = sorted(set(words) & set(self.file.missing))
            if never:
                raise ValueError(
                    f"words.{name}: expected words of cells, found {never[0]!r}, which file.missing has too"
                )
            for code in words.values():
                if code:  # "" is a word that has no code, and that is known
                    check_code(name, code)
        for name in CODED_FIELDS:
            if getattr(self.columns, name) and name not in self.words:
                raise ValueError(f"columns.{name}: expected the words of that column, found no table words.{name}")
        rules: tuple[Flag | Pattern, ...] = (*self.flags, *self.patterns)
        for rule in rules:
            check_code(rule.field, rule.code)
        for name, code in self.constants.items():
            check_code(name, code)
        return self

    @model_validator(mode="after")
    def _times_have_formats(self) -> OrderMap:
        for name in TIMES:
            column = getattr(self.columns, name)
            if column and not (self.file.time_formats or name in self.time_formats):
                raise ValueError(f"time_formats.{name}: expected formats there or in file.time_formats, found none")
            if column is None and name in self.time_formats:
                raise ValueError(f"time_formats.{name}: expected a column, found no key columns.{name}")
            if column and len(column) > 2:
                raise ValueError(f"columns.{name}: expected one column, or a date and a time, found {len(column)}")
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
        needed = [
            *NEVER_IN_ORDERS,
            *([] if columns.replied_at and columns.due_at else ["replies"]),
            *([] if columns.closed_at and not self.has_only_dates("closed_at") else ["durations"]),
            *([] if self.is_defined_by_flag or (columns.due_at and columns.closed_at) else ["on_time"]),
            *([] if columns.tier or "tier" in self.constants else ["tiers"]),
        ]
        silent = sorted(set(needed) - set(self.absent))
        if silent:
            raise ValueError(f"absent: expected a reason for {', '.join(silent)}, which these columns cannot give")
        return self

    @model_validator(mode="after")
    def _two_definitions_do_not_mix(self) -> OrderMap:
        if self.is_defined_by_flag and self.columns.due_at and self.columns.closed_at:
            raise ValueError("on_time.role: expected 'beside', because the files have a deadline and a closing time")
        if self.parts and self.on_time:
            raise ValueError("parts: expected no [on_time] beside it, because a flag of a part is none of its order")
        return self

    @property
    def is_defined_by_flag(self) -> bool:
        """Whether the city's own flag defines what is on time."""
        return self.on_time is not None and self.on_time.role == "definition"

    def has_only_dates(self, name: TimeField) -> bool:
        """Whether no format of a time says the time of day, or the map calls it a date."""
        forms = self.time_formats.get(name) or self.file.time_formats or ()
        return name in self.file.dates or not any(map(has_clock, forms))

    def variant(self, file_name: str) -> OtherFiles | None:
        """What differs in a file of this name (of an archive: its name/the inner one), if anything does."""
        parts = file_name.split("/")
        for other in self.other_files:
            if any(fnmatch.fnmatchcase(part, name) for part in parts for name in other.names):
                return other
        return None

    def formats_of(self, name: TimeField, file_name: str) -> tuple[str, ...]:
        """The formats of a time in a file: its own, else those of the column, else those of all files."""
        variant = self.variant(file_name)
        own = variant.time_formats if variant else None
        return own or self.time_formats.get(name) or self.file.time_formats or ()

    def used_columns(self) -> list[str]:
        """Every column of the files that the map reads, sorted."""
        return sorted(set(self._columns()))

    def needed_columns(self) -> list[str]:
        """Every column that the map names, sorted."""
        return sorted({*self._columns(), *self.duplicates.other_ids})

    def _columns(self) -> Iterator[str]:
        for column in self.columns.model_dump().values():
            if column:
                yield from (column,) if isinstance(column, str) else column
        things = (self.places.district, self.places.street, self.places.community, self.unit, *self.category)
        for thing in (*things, *self.same):
            if thing:
                yield from (column for column in (thing.id, thing.name) if column)
        yield from (pattern.column for pattern in self.patterns)
        conditions = [*(flag.when for flag in self.flags), *(rule.when for rule in self.leave_out)]
        for condition in conditions:
            yield from condition
        if self.parts:
            yield from self.parts.id
        if self.on_time:
            yield from (*self.on_time.true_when, *self.on_time.false_when)


def read_map(path: Path) -> OrderMap:
    """Read and check a map file.

    Raises:
        UsageError: it is not there, is not TOML, or a key is wrong; the message names file, key and what was expected.
    """
    try:
        return OrderMap.model_validate(_content(path))
    except ValidationError as error:
        wrong = "; ".join(_in_words(tuple(item["loc"]), item["type"], item["msg"]) for item in error.errors())
        raise UsageError(f"read the map {path}", wrong, "correct the keys named; docs/cities explains them") from None


def map_sha256(path: Path) -> str:
    """SHA-256 of what a map file says; comments, blanks and the order of its keys say nothing.

    Raises:
        UsageError: it is not there or not TOML.
    """
    return sha256(json.dumps(_content(path), sort_keys=True, default=str).encode()).hexdigest()


def _content(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except OSError:
        raise UsageError(
            f"read the map {path}", "there is no such file", "give the path of a map, such as maps/pingshan.toml"
        ) from None
    except ValueError as error:
        raise UsageError(f"read the map {path}", str(error), "correct that line") from None


def _in_words(where: tuple[int | str, ...], kind: str, message: str) -> str:
    key = ".".join(str(part) for part in where if part != "[key]")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _KEYS, n=1, cutoff=0.75)
        return f"{key}: expected no such key, found it" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "missing":
        return f"{key}: expected this key, found nothing"
    text = message.removeprefix("Value error, ")
    return f"{key}: {text[:1].lower()}{text[1:]}" if key else text


_PARTS: list[type[Part]] = [OrderMap, *Part.__subclasses__()]
_KEYS = sorted({name for part in _PARTS for name in part.model_fields} | set(CODED_FIELDS) | set(TIMES))
