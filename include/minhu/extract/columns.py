"""Whole columns at once: a value that comes again is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minhu.business_dates import landed_time
from minhu.extract import normal, privacy
from minhu.extract.persons import keys_of
from minhu.extract.privacy import Pseudonyms
from minhu.findings import Finding
from minhu.landing.table_contract import TableContract
from minhu.landing.text_bytes import bytes_of, hold, lie_within
from minhu.texts import LOST

Column: TypeAlias = "pa.Array | pa.ChunkedArray"

_HOUR = np.timedelta64(1, "h")
_MICROSECONDS = np.dtype("datetime64[us]")
_SHINGLE_ROWS = 400_000
_PLAIN_DEGREES = r"^-?[0-9]{1,3}(?:\.[0-9]{1,12})?$"
_NEAR_TO_NEXT_CELL = 1e-5
#: One number names a cell: rows run from the south pole, and a column has more numbers than rows.
_MOST_SOUTH, _ROWS_APART = 90 * privacy.CELLS_PER_DEGREE, 1000 * privacy.CELLS_PER_DEGREE
#: Longer codes are none, and a few of them would not fit into a row of a PostgreSQL index.
LONGEST_CODE = 128
#: Unlike a person's number, a code may be 1E5.
_ROUNDED = r"(?i)^[+-]?(\d(\.\d+)?E\+\d+|\d\.\d+E\d+)$"


def map_distinct(column: Column, change: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """``change`` of every value, called once for each distinct one; nulls stay null.

    Args:
        column: any type Arrow can encode as a dictionary.
        change: pure function of one Python value.
        kind: type of the result.
    """
    encoded = _flat(column).dictionary_encode()
    changed = pa.array([change(value) for value in encoded.dictionary.to_pylist()], kind)
    return changed.take(encoded.indices)


def persons(pseudonyms: Pseudonyms, kind: str, column: Column) -> pa.Array:
    """Pseudonyms of a column of texts, of phones, ID numbers or staff numbers; see :meth:`Pseudonyms.person`."""
    encoded = _flat(column).dictionary_encode()
    return keys_of(pseudonyms, kind, encoded.dictionary).take(encoded.indices)


def one_form(column: Column) -> pa.Array:
    """Codes as they land, whatever blanks, full-width digits or unseen marks stand in them; see :func:`minhu.extract.normal.code`."""
    flat = _flat(column)
    letters, begins = bytes_of(flat)
    has_empty = ((np.diff(begins) == 0) & np.array(flat.is_valid())).any()
    is_plain = not has_empty and lie_within(letters, 0x21, 0x7E) and not hold(letters, b".")
    is_plain = is_plain or not pc.any(pc.match_substring_regex(flat, r"^$|[^!-~]|^[0-9]{4,}\.0+$")).as_py()
    return flat if is_plain else map_distinct(flat, normal.code, pa.string())


def texts_as_landed(contract: TableContract, name: str, column: Column) -> pa.Array:
    """A text column as it lands: codes in their one form, names as people wrote them.

    A code that a spreadsheet rounded stands for many, one longer than any is none, and a blank key is nobody's: :data:`LOST`
    before it tells the gate of landing.
    """
    flat = _flat(column)
    if name == "name":
        return flat
    codes = one_form(flat)
    is_broken = _are_broken(codes)
    if is_broken is not None and pc.any(is_broken).as_py():
        marked = pc.binary_join_element_wise(LOST, pc.utf8_slice_codeunits(codes, 0, LONGEST_CODE), "")
        codes = pc.if_else(is_broken, marked, codes)
    if name in contract.key and codes.null_count > flat.null_count:
        codes = pc.if_else(pc.and_(pc.is_null(codes), pc.is_valid(flat)), LOST, codes)
    return codes


def _are_broken(codes: pa.StringArray) -> pa.BooleanArray | None:
    """Which codes were rounded or are too long; None where the bytes show that there are none."""
    letters, begins = bytes_of(codes)
    if not hold(letters, b"+.") and int(np.diff(begins).max(initial=0)) <= LONGEST_CODE:
        return None
    return pc.or_(pc.match_substring_regex(codes, _ROUNDED), pc.greater(pc.utf8_length(codes), LONGEST_CODE))


def broken_codes(rule_id: str, contract: TableContract, table: pa.Table) -> list[Finding]:
    """A finding per column of which :func:`texts_as_landed` marked codes."""
    findings = []
    for field in contract.schema:
        if not pa.types.is_string(field.type) or field.name == "name":
            continue
        broken = pc.sum(pc.starts_with(table[field.name], LOST)).as_py() or 0
        if broken:
            message = f"{broken} codes were rounded by a spreadsheet or are longer than {LONGEST_CODE} characters"
            findings.append(
                Finding(
                    rule_id, "warn", contract.source, contract.full_name, message, column_name=field.name,
                    rows_seen=table.num_rows, rows_failed=broken,
                )
            )  # fmt: skip
    return findings


def codes(column: Column) -> tuple[pa.Array, int]:
    """A text column with codes only, and how many values were dropped because they might be more than a code."""
    kept = map_distinct(column, privacy.code_or_none, pa.string())
    return kept, kept.null_count - _flat(column).null_count


def location_cells(lon: Column, lat: Column) -> pa.Array:
    """Cells of pairs of degrees given as text; see :func:`minhu.extract.privacy.location_cell`."""
    east, north = _flat(lon), _flat(lat)
    columns, rows = _cell_numbers(east, 180), _cell_numbers(north, 90)
    is_plain = pc.and_(columns.is_valid(), rows.is_valid())
    numbers = pc.add(pc.multiply(columns, _ROWS_APART), pc.add(rows, _MOST_SOUTH)).filter(is_plain).dictionary_encode()
    places = [divmod(number, _ROWS_APART) for number in numbers.dictionary.to_pylist()]
    names = [privacy.cell_name(column, row - _MOST_SOUTH) for column, row in places]
    cells = pa.nulls(len(east), pa.string())
    cells = pc.replace_with_mask(cells, is_plain, pa.array(names, pa.string()).take(numbers.indices))
    is_strange = pc.invert(is_plain)
    if not pc.any(is_strange).as_py():
        return cells
    pairs = pc.binary_join_element_wise(
        *(pc.fill_null(degrees.filter(is_strange), "") for degrees in (east, north)), " "
    )
    strange = map_distinct(pairs, lambda pair: privacy.location_cell(*pair.split(" ", 1)), pa.string())
    return pc.replace_with_mask(cells, is_strange, strange)


def _cell_numbers(degrees: pa.StringArray, limit: int) -> pa.Int64Array:
    """Numbers of the cells in which plain degrees lie, null for what :func:`minhu.extract.privacy.location_cell` has to judge.

    That is also what lies so near to the next cell that rounding decides.
    """
    is_plain = pc.fill_null(pc.match_substring_regex(degrees, _PLAIN_DEGREES), False)
    values = np.array(pc.if_else(is_plain, degrees, "999").cast(pa.float64()))
    scaled = values * privacy.CELLS_PER_DEGREE
    cells = np.floor(scaled)
    is_sure = (np.abs(values) <= limit) & (scaled - cells < 1 - _NEAR_TO_NEXT_CELL)
    return pa.array(cells.astype(np.int64), mask=~is_sure)


def text_lengths(column: Column) -> pa.Array:
    """Length in characters, null for an empty text or none."""
    lengths = pc.cast(pc.utf8_length(_flat(column)), pa.int64())
    return pc.if_else(pc.greater(lengths, 0), lengths, pa.scalar(None, pa.int64()))


def fingerprints(pseudonyms: Pseudonyms, column: Column) -> pa.Array:
    """Similarity hashes of a column of texts, the same as :meth:`Pseudonyms.fingerprint` gives for each.

    All texts are cut into trigrams together and each distinct trigram is hashed once.
    """
    encoded = _flat(column).dictionary_encode()
    plain = ["".join(text.split()) for text in encoded.dictionary.to_pylist()]
    hashes: list[str | None] = []
    start = 0
    while start < len(plain):  # in pieces, for a text has 64 counters per trigram
        size, end = 0, start
        while end < len(plain) and (size == 0 or size + len(plain[end]) <= _SHINGLE_ROWS):
            size += len(plain[end])
            end += 1
        hashes += pseudonyms.fingerprints(plain[start:end])
        start = end
    return pa.array(hashes, pa.string()).take(encoded.indices)


def landed_times(column: Column, zone: ZoneInfo) -> pa.Array:
    """Local times as they land: UTC without an offset; see :func:`minhu.business_dates.landed_time`.

    Args:
        column: ``timestamp[us]`` without zone, local to ``zone``.
        zone: of the source.
    """
    flat = _flat(column)
    if not len(flat) or flat.null_count == len(flat):
        return flat.cast(pa.timestamp("us"))
    values = flat.fill_null(datetime(1970, 1, 1)).to_numpy(zero_copy_only=False).astype(_MICROSECONDS)  # noqa: DTZ001
    hours = values.astype("datetime64[h]")
    distinct, place = np.unique(hours, return_inverse=True)
    shifts = np.empty(len(distinct), dtype="timedelta64[us]")
    changing = np.zeros(len(distinct), dtype=bool)
    for number, hour in enumerate(distinct):
        first = _landed(hour.astype(_MICROSECONDS), zone) - hour.astype(_MICROSECONDS)
        last_moment = hour.astype(_MICROSECONDS) + _HOUR - np.timedelta64(1, "us")
        changing[number] = _landed(last_moment, zone) - last_moment != first
        shifts[number] = first
    landed = values + shifts[place]
    for row in np.flatnonzero(changing[place]):  # the clock changes within this hour
        landed[row] = _landed(values[row], zone)
    return pc.if_else(flat.is_valid(), pa.array(landed), pa.scalar(None, pa.timestamp("us")))


def _landed(moment: np.datetime64, zone: ZoneInfo) -> np.datetime64:
    local: datetime = moment.astype(object)
    return np.datetime64(landed_time(local, zone), "us")


def _flat(column: Column) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
