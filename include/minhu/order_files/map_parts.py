"""The tables of a map file, one class each; ``mapping`` puts them together. ``docs/cities`` explains every key."""

from __future__ import annotations

import codecs
import re
from datetime import date
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from minhu.order_files.time_formats import checked
from minhu.texts import storable

CodedField = Literal["status", "channel", "demand_type", "tier", "assessment_scope", "closure_code"]
CODED_FIELDS: tuple[CodedField, ...] = get_args(CodedField)
TimeField = Literal["created_at", "due_at", "replied_at", "closed_at", "status_at"]
TIMES: tuple[TimeField, ...] = get_args(TimeField)
#: The codes that the contract knows. Channels may have codes of a city's own, so that two of them stay two.
CODES: dict[str, frozenset[str]] = {
    "status": frozenset({"open", "suspended", "closed"}),
    "demand_type": frozenset({"consult", "help", "complaint", "report", "suggest"}),
    "tier": frozenset({"immediate", "time_limited", "tracked"}),
    "assessment_scope": frozenset({"three_rate", "response_only", "excluded"}),
    "closure_code": frozenset({"solved", "explained", "duplicate", "not_responsible", "withdrawn"}),
}


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"expected an IANA time zone such as Asia/Shanghai, found {value!r}") from None
    return value


def _known_encoding(value: str) -> str:
    try:
        codecs.lookup(value)
        is_of_text = "a,1".encode(value).decode(value) == "a,1"  # rot13 and base64 are codecs too
    except (LookupError, UnicodeError):
        is_of_text = False
    if not is_of_text:
        raise ValueError(f"expected an encoding such as gb18030 or utf-8-sig, found {value!r}")
    return value


def _divides_cells(value: str) -> str:
    if value in '"\r\n':
        raise ValueError(f"expected a character that stands between cells, such as ';' or '\\t'; found {value!r}")
    return value


def _compiles(value: str) -> str:
    try:
        re.compile(value)
        re.compile(without_parent(value))
    except re.error as error:
        raise ValueError(f"expected a regular expression, found {value!r}: {error}") from None
    return value


def _without_blanks(value: str) -> str:
    if value != value.strip():
        raise ValueError(f"expected a text without blanks around it, as cells are read; found {value!r}")
    return value


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def without_parent(pattern: str) -> str:
    """The pattern with its group ``parent`` as a group without a name."""
    return pattern.replace("(?P<parent>", "(?:")


def check_code(field: str, code: str) -> None:
    """Refuse a code that the contract does not know.

    Raises:
        ValueError: with the field, what was expected and found.
    """
    known = CODES.get(field)
    if known is not None and code not in known:
        raise ValueError(f"{field}: expected one of {', '.join(sorted(known))}; found {code!r}")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", code):
        raise ValueError(f"{field}: expected a short code of a-z, 0-9 and _, found {code!r}")


Cell = Annotated[str, AfterValidator(_without_blanks)]
Word = Annotated[str, Field(min_length=1), AfterValidator(storable)]
CellWord = Annotated[Word, AfterValidator(_without_blanks)]
Words = Annotated[tuple[CellWord, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
Values = Annotated[tuple[Cell, ...], BeforeValidator(_as_tuple)]
#: Column to the value, or the values, that meet the condition; all columns must.
Condition = Annotated[dict[CellWord, Values], Field(min_length=1)]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
Delimiter = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_divides_cells)]
TimeFormats = Annotated[tuple[Annotated[Word, AfterValidator(checked)], ...], Field(min_length=1)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CityPart(Part):
    """``[city]``: name, zone and the code of the whole city as a place."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    name: Word
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    place_code: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.-]{0,30}$")]


class FilePart(Part):
    """``[file]``: how the files are written.

    Attributes:
        encoding: Python's name. A few damaged characters are reported; a file in another encoding is refused.
        delimiter: what stands between cells; by default the one of comma, semicolon, tab and bar that gives the columns.
        sheets: of a workbook; by default the one visible sheet that has the columns.
        missing: cell contents that mean nothing is known.
        time_formats: strptime formats, tried in order. Times are local to the city unless the format has ``%z``.
        deadline_dates: when on its day a deadline ends that is only a date.
        dates: fields that hold dates although they are written as times.
        expect_ascii: report rows with other characters.
        known_until: the last local day the files know of; by default the last day any time of theirs names.
    """

    encoding: Encoding = "utf-8-sig"
    delimiter: Delimiter | None = None
    sheets: Words | None = None
    missing: tuple[Cell, ...] = ("",)
    time_formats: TimeFormats | None = None
    deadline_dates: Literal["end_of_day", "start_of_day"] = "end_of_day"
    dates: tuple[TimeField, ...] = ()
    expect_ascii: bool = False
    known_until: date | None = None


class OtherFiles(Part):
    """``[[other_files]]``: what differs in some of the files, known by their names; the first that fits counts.

    Attributes:
        names: of files, ``*`` standing for anything, such as ``orders_2019*.csv``.
        columns: the column that the map names to the one of these files; ``""`` where they have none.
        encoding, delimiter, sheets, time_formats: as in ``[file]``, whose own count where they are left out.
    """

    names: Words
    columns: dict[CellWord, Cell] = {}
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    sheets: Words | None = None
    time_formats: TimeFormats | None = None


class ColumnsPart(Part):
    """``[columns]``: the file's column behind each field of ``hotline.work_orders``. What is not named stays empty.

    ``order_id`` may be several columns, which make the id together; a time may be two, its date and its time of day.
    ``status_at`` is the time of the last change.
    """

    order_id: Words
    created_at: Words
    due_at: Words | None = None
    replied_at: Words | None = None
    closed_at: Words | None = None
    status_at: Words | None = None
    status: CellWord | None = None
    channel: CellWord | None = None
    demand_type: CellWord | None = None
    tier: CellWord | None = None
    assessment_scope: CellWord | None = None
    closure_code: CellWord | None = None
    parent_order_id: CellWord | None = None


class Named(Part):
    """A thing the file names: its column of ids, of names, or both. Without ids the code is made from the name.

    Attributes:
        missing: ids or names that mean nothing is known, beside the file's own markers.
        aliases: an id or a name to the one that it counts under.
    """

    id: CellWord | None = None
    name: CellWord | None = None
    missing: tuple[Cell, ...] = ()
    aliases: dict[CellWord, CellWord] = {}

    @model_validator(mode="after")
    def _something(self) -> Named:
        if not (self.id or self.name):
            raise ValueError("expected `id`, `name` or both")
        twice = sorted(set(self.aliases.values()) & set(self.aliases))
        if twice:
            raise ValueError(
                f"aliases: expected what counts on the right only, found on both sides: {', '.join(twice)}"
            )
        return self


class PlacesPart(Part):
    """``[places]``: from the city downwards; a level that the files do not have is left out."""

    district: Named | None = None
    street: Named | None = None
    community: Named | None = None


class Pattern(Part):
    """``[[patterns]]``: a code for a field, given when a column's text matches; the text itself is not kept.

    A group named ``parent`` in the pattern is the order that this one repeats.
    """

    field: CodedField
    column: CellWord
    pattern: Annotated[str, AfterValidator(_compiles)]
    code: Word


class Flag(Part):
    """``[[flags]]``: a code for a field, given when columns hold certain values."""

    field: CodedField
    when: Condition
    code: Word


class LeftOut(Part):
    """``[[leave_out]]``: rows that are no orders of the city, such as tests; they are counted and not loaded."""

    when: Condition
    reason: Word


class Pair(Part):
    """``[[same]]``: two columns that say one thing, as an id and as a word; rows where they disagree are reported."""

    id: CellWord
    name: CellWord


class PartsPart(Part):
    """``[parts]``: rows that are parts of an order, which is closed when all of them are.

    Attributes:
        id: the columns that tell the parts of one order apart.
    """

    id: Words


class DuplicatesPart(Part):
    """``[duplicates]``: what becomes of repeated rows. Rows that are identical, id included, always count once.

    Attributes:
        same_id: which row counts where one id has different content: the one with the newest state (the last one read
            where they are equally new), the first or the last one read.
        identical_but_id: rows that are the same but for the id: nobody can know, so by default both are kept.
        other_ids: columns that are ids too, left out of that comparison.
    """

    same_id: Literal["newest", "first", "last"] = "newest"
    identical_but_id: Literal["keep_both", "keep_first"] = "keep_both"
    other_ids: tuple[CellWord, ...] = ()


class OnTimePart(Part):
    """``[on_time]``: the city's own flag.

    Attributes:
        role: ``definition`` where no closing time exists and H06 must come from the flag; ``beside`` otherwise.
        true_when: column to the value that says on time; all must hold.
        false_when: the same for late. A row that meets neither, or both, says nothing.
    """

    role: Literal["definition", "beside"]
    true_when: Condition
    false_when: Condition
