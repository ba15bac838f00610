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
from minhu.extract.privacy import Pseudonyms
from minhu.findings import Finding
from minhu.landing.table_contract import TableContract
from minhu.texts import LOST

Column: TypeAlias = "pa.Array | pa.ChunkedArray"

_HOUR = np.timedelta64(1, "h")
_MICROSECONDS = np.dtype("datetime64[us]")
_SHINGLE_ROWS = 400_000
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
    """Pseudonyms of a column of phones, ID numbers or staff numbers; see :meth:`Pseudonyms.person`."""
    return map_distinct(column, lambda value: pseudonyms.person(kind, value), pa.string())


def one_form(column: Column) -> pa.Array:
    """Codes as they land, whatever blanks, full-width digits or unseen marks stand in them; see :func:`minhu.extract.normal.code`."""
    flat = _flat(column)
    is_plain = not pc.any(pc.match_substring_regex(flat, r"^$|[^!-~]|^[0-9]{4,}\.0+$")).as_py()
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
    is_broken = pc.or_(pc.match_substring_regex(codes, _ROUNDED), pc.greater(pc.utf8_length(codes), LONGEST_CODE))
    if pc.any(is_broken).as_py():
        marked = pc.binary_join_element_wise(LOST, pc.utf8_slice_codeunits(codes, 0, LONGEST_CODE), "")
        codes = pc.if_else(is_broken, marked, codes)
    if name in contract.key and codes.null_count > flat.null_count:
        codes = pc.if_else(pc.and_(pc.is_null(codes), pc.is_valid(flat)), LOST, codes)
    return codes


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
    pairs = pc.binary_join_element_wise(pc.fill_null(_flat(lon), ""), pc.fill_null(_flat(lat), ""), " ")
    return map_distinct(pairs, lambda pair: privacy.location_cell(*pair.split(" ", 1)), pa.string())


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
