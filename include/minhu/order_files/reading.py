"""Reading order files as text: nothing is interpreted yet, nothing is lost."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from minhu.errors import PermanentError, UsageError
from minhu.order_files.mapping import OrderMap

FILE, ROW = "_file", "_row"
#: With more lines than this share undecodable, the file is not damaged: it is in another encoding.
DAMAGED_SHARE = 0.001
_DAMAGED_LINES = 3
_REPLACEMENT = "�"


@dataclass(frozen=True)
class Reading:
    """The rows of all files.

    Attributes:
        rows: every column as text, missing values as missing, with the file's name and the line of the row.
        torn: rows with too few or too many cells: file, line and reason.
    """

    rows: pd.DataFrame
    torn: list[dict[str, object]] = field(default_factory=list)

    @property
    def damaged(self) -> pd.Series:
        """For each of ``rows``, whether a character in it could not be decoded."""
        return _any_cell(self.rows, lambda text: _REPLACEMENT in text)

    @property
    def not_ascii(self) -> pd.Series:
        """For each of ``rows``, whether it has characters outside ASCII."""
        return _any_cell(self.rows, lambda text: not text.isascii())


def read_files(order_map: OrderMap, files: Sequence[Path]) -> Reading:
    """Every row of the files, as text. Missing markers become missing; surrounding blanks go.

    Raises:
        UsageError: no file, or one that does not exist.
        PermanentError: a file in another encoding, of another form, or without a column that the map names.
    """
    if not files:
        raise UsageError("load orders", "no file was given", "name the files after the options")
    readings = [_read_file(order_map, path) for path in files]
    return Reading(
        pd.concat([reading.rows for reading in readings], ignore_index=True),
        [row for reading in readings for row in reading.torn],
    )


def _read_file(order_map: OrderMap, path: Path) -> Reading:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"load orders from {path}", f"cannot read it ({error.strerror})", "check the path") from None
    text = _decode(order_map, path, content)
    header, rows, torn = _parse(order_map, path, text)
    for column in order_map.used_columns():
        if column not in header:
            near = difflib.get_close_matches(column, header, n=1)
            raise PermanentError(
                f"read {path.name}",
                f"expected a column {column!r}, found {f'none, but {near[0]!r}' if near else 'none like it'}",
                "correct the map, or have the file sent again",
            )
    frame = pd.DataFrame(rows, columns=[*header, FILE, ROW]).astype(dict.fromkeys((*header, FILE), "str"))
    cleaned = frame[header].apply(lambda column: column.str.strip())
    frame[header] = cleaned.where(~cleaned.isin(order_map.file.missing))
    return Reading(frame, torn)


def _decode(order_map: OrderMap, path: Path, content: bytes) -> str:
    """Text of the file; characters that cannot be decoded are replaced, where they are few."""
    expected = order_map.file.encoding
    other = _other_encoding(expected, content)
    text = "" if other else content.decode(expected, errors="replace").replace("\0", _REPLACEMENT)
    lines = text.count("\n") + 1
    bad = sum(_REPLACEMENT in line for line in text.split("\n"))
    if other or bad > max(_DAMAGED_LINES, lines * DAMAGED_SHARE):
        found = other or f"{bad} of {lines} lines that cannot be read so"
        raise PermanentError(
            f"read {path.name}",
            f"expected {expected}, found {found}",
            "correct file.encoding of the map, or have the file sent again",
        )
    return text


def _other_encoding(expected: str, content: bytes) -> str | None:
    """What the bytes are for certain, if that is not what the map says."""
    if codecs.lookup(expected).name.startswith("utf"):
        return None
    if content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "the mark of a Unicode file"
    if content.isascii():
        return None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _parse(order_map: OrderMap, path: Path, text: str) -> tuple[list[str], list[list[object]], list[dict[str, object]]]:
    rows: list[list[object]] = []
    torn: list[dict[str, object]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=order_map.file.delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header)
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                rows.append([*cells, path.name, line])
            elif cells:
                reason = f"expected {len(header)} cells, found {len(cells)}"
                torn.append({"file_name": path.name, "row_number": line, "rule_id": "L1-ORD-005", "reason": reason})
            line = reader.line_num + 1
    except csv.Error as error:
        raise PermanentError(
            f"read {path.name}",
            f"line {reader.line_num} is not a row of cells ({error}); a quotation mark is open or misplaced",
            "correct that line, or have the file sent again",
        ) from None
    return header, rows, torn


def _check_header(path: Path, header: list[str]) -> None:
    if not any(header):
        raise PermanentError(f"read {path.name}", "expected a row of column names, found nothing", "send it again")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise PermanentError(
            f"read {path.name}", f"expected different column names, found twice: {', '.join(twice)}", "rename one"
        )


def _any_cell(rows: pd.DataFrame, test: Callable[[str], bool]) -> pd.Series:
    """For each row, whether the test holds for the text of any cell."""
    texts = rows.drop(columns=[FILE, ROW])
    found = pd.Series(False, index=rows.index)
    for name in texts.columns:
        found |= texts[name].map(test, na_action="ignore").eq(True)
    return found
