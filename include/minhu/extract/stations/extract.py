"""The service stations: CSV and XLSX files in a drop folder, one folder a business date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu.business_dates import extraction_window
from minhu.errors import SourceBlocked
from minhu.extract.columns import landed_times
from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets.chinese_cells import as_integer, as_moment, moments
from minhu.extract.spreadsheets.chinese_files import Sheet, read_sheets
from minhu.extract.spreadsheets.feedback import write_feedback_folder
from minhu.extract.spreadsheets.problems import Fault, FileRefused, Problem, fault, fault_of
from minhu.extract.stations.folder import StationFile, read_delivery, silent_days
from minhu.extract.stations.kinds import KINDS, FileKind
from minhu.findings import Finding, sample
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings

_MOST_SAID = 20
_FILE_DAY = "file_day"
_NO_KEY = fault("key_is_empty")


def land(
    settings: Settings,
    landing: Landing,
    business_date: date,
    folder: Path,
    pseudonyms: Pseudonyms,
    progress: Callable[[str], None] = lambda _: None,
) -> Attempt:
    """Read the day folders of the window and land them.

    A file that cannot be used refuses the whole delivery, for a district's cases cannot be missing quietly; the
    message lists every such file. A cell that cannot be read becomes null. Both stand on the feedback sheets under
    ``feedback/stations/<date>/`` with file, sheet, row and column.

    Args:
        settings: overlap, time zone and home.
        landing: where to write.
        business_date: local day.
        folder: the drop folder, with one folder ``YYYY-MM-DD`` a business date.
        pseudonyms: the home's key.
        progress: told a line per table.

    Raises:
        TransientError: the drop folder, or the folder of the date, is not there (yet).
        PermanentError: a link leads out of the drop folder.
        SourceBlocked: a file was refused, is missing, or does not add up to its own total row.
    """
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("stations", business_date), settings.overlap_days
    )
    first = window.start.astimezone(settings.zone).date() if window.start else date.min
    delivery = read_delivery(folder, first, business_date)
    refused = list(delivery.problems)
    read: list[tuple[StationFile, Sheet]] = []
    for file in delivery.files:
        try:
            sheets = read_sheets(file.path, file.kind.headers)
            refused += [problem for sheet in sheets for problem in _total_problems(file.kind, sheet)]
            read += [(file, sheet) for sheet in sheets]
        except FileRefused as error:
            refused += error.problems
    feedback = settings.home / "feedback" / "stations" / business_date.isoformat()
    if refused:
        write_feedback_folder(feedback, refused)
        raise SourceBlocked(
            f"read the station files of {business_date}",
            _said(refused),
            f"have the files mended and sent again, then run the date again; what to mend stands in {feedback}",
        )
    cells: list[Problem] = []
    findings = [*delivery.findings, *silent_days(delivery.files, _last_accepted(landing, business_date), business_date)]
    tables: dict[str, pa.Table] = {}
    totals: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        of_kind = [(file, sheet) for file, sheet in read if file.kind is kind]
        rows = _read_rows(kind, of_kind, pseudonyms, cells)
        kept, odd = _one_per_version(kind, rows)
        findings += [*odd, *_unknown_columns(kind, (sheet for _, sheet in of_kind))]
        tables[kind.name] = _as_landed(kind, kept, settings.zone)
        totals[kind.name] = {
            "rows": rows.num_rows,
            "files": len({file.path for file, _ in of_kind}),
            "blank_rows": sum(sheet.blank_rows for _, sheet in of_kind),
            "total_rows": sum(sheet.total_rows for _, sheet in of_kind),
            "note_rows": sum(sheet.note_rows for _, sheet in of_kind),
        }
        progress(f"stations.{kind.name}: {rows.num_rows:,} rows")
    write_feedback_folder(feedback, cells)
    return landing.write_attempt(
        "stations", business_date, window, tables, totals, [*findings, *_cell_findings(read, cells)]
    )


def _last_accepted(landing: Landing, business_date: date) -> date | None:
    earlier = landing.arrivals("stations", business_date - timedelta(days=1))
    return max((arrival.business_date for arrival in earlier if arrival.attempt is not None), default=None)


def _said(problems: Sequence[Problem]) -> str:
    rest = len(problems) - _MOST_SAID
    return "; ".join(map(str, problems[:_MOST_SAID])) + (f"; and {rest} more" if rest > 0 else "")


def _total_problems(kind: FileKind, sheet: Sheet) -> list[Problem]:
    """The file's own total row must agree with its rows: sums of numbers, or their count where it has no numbers.

    A column with a cell that is no number is not added up; that cell is a problem of its own.
    """
    numeric = [header for header, reader in kind.columns.values() if reader is as_integer]
    problems: list[Problem] = []
    for header in numeric or [""]:
        try:
            if header:
                stated = as_integer(sheet.total_cells.get(header))
                counted = sum(as_integer(cell) or 0 for cell in sheet.columns[header])
            else:
                cells = [cell for cell in sheet.total_cells.values() if cell is not None]
                stated, counted = as_integer(cells[1] if len(cells) > 1 else None), len(sheet.row_numbers)
        except ValueError:
            continue
        if stated is not None and stated != counted:
            differs = (
                fault("total_of_column_differs", column=header, counted=counted, stated=stated)
                if header
                else fault("total_of_rows_differs", counted=counted, stated=stated)
            )
            problems.append(Problem(sheet.file_name, sheet.name, None, header, differs))
    return problems


def _read_rows(
    kind: FileKind, of_kind: Sequence[tuple[StationFile, Sheet]], pseudonyms: Pseudonyms, problems: list[Problem]
) -> pa.Table:
    """Every row in the contract's columns, times still local, with the day of its file beside them.

    A cell that cannot be read is null and added to ``problems``, in the order of files, rows and columns.
    """
    readings = {column: _reading(column, reader, pseudonyms) for column, (_, reader) in kind.columns.items()}
    known_by = {*kind.contract.key, kind.contract.version}
    pieces = []
    for file, sheet in of_kind:
        same = {"district_code": file.district, "service_date": file.day, _FILE_DAY: file.day}
        columns: dict[str, list[Any]] = {}
        unreadable: list[tuple[int, int, Problem]] = []
        for place, (column, (header, _)) in enumerate(kind.columns.items()):
            columns[column], found = readings[column].of(sheet.columns[header])
            if column in known_by and None in columns[column]:
                found |= {
                    row: _NO_KEY for row, value in enumerate(columns[column]) if value is None and row not in found
                }
            unreadable += [
                (row, place, Problem(sheet.file_name, sheet.name, sheet.row_numbers[row], header, what))
                for row, what in found.items()
            ]
        problems += [problem for *_, problem in sorted(unreadable, key=lambda found: found[:2])]
        rows = len(sheet.row_numbers)
        schema = _file_schema(kind)
        pieces.append(pa.table([columns.get(n) or pa.repeat(same.get(n), rows) for n in schema.names], schema=schema))
    return pa.concat_tables(pieces) if pieces else _file_schema(kind).empty_table()


@dataclass(frozen=True)
class _Unread:
    fault: Fault


class _Reading(dict[str | None, Any]):
    """What each text of a column means; most repeat (codes, words, days), so each is read once.

    Args:
        reader: of one cell.
        read_many: the same of those of many texts that can be read at once.
    """

    def __init__(
        self, reader: Callable[[Any], Any], read_many: Callable[[Iterable[str]], dict[str, Any]] = lambda _: {}
    ) -> None:
        super().__init__()
        self._reader, self._read_many = reader, read_many
        self._has_unreadable = False

    def of(self, cells: Sequence[Any]) -> tuple[list[Any], dict[int, Fault]]:
        """Values of the cells, None where one cannot be read, and what is wrong with these by their place."""
        types = set(map(type, cells))
        if str in types:
            self.update(self._read_many({cell for cell in cells if type(cell) is str} - self.keys()))
        if types <= {str, NoneType}:
            values = list(map(self.__getitem__, cells))
        else:  # 1, 1.0 and True would be one key
            values = [self[cell] if type(cell) is str else self._read(cell) for cell in cells]
        if not self._has_unreadable:
            return values, {}
        unreadable = {place: value.fault for place, value in enumerate(values) if type(value) is _Unread}
        for place in unreadable:
            values[place] = None
        return values, unreadable

    def __missing__(self, text: str | None) -> Any:
        value = self[text] = self._read(text)
        return value

    def _read(self, cell: Any) -> Any:
        try:
            return self._reader(cell)
        except (ValueError, TypeError, OverflowError) as error:
            self._has_unreadable = True
            return _Unread(fault_of(error))


def _reading(column: str, reader: Callable[[Any], Any], pseudonyms: Pseudonyms) -> _Reading:
    if column == "applicant_key":
        return _Reading(lambda cell: pseudonyms.person("id_number", reader(cell)))
    return _Reading(reader, moments) if reader is as_moment else _Reading(reader)


def _file_schema(kind: FileKind) -> pa.Schema:
    return kind.contract.schema.append(pa.field(_FILE_DAY, pa.date32()))


def _as_landed(kind: FileKind, rows: pa.Table, zone: ZoneInfo) -> pa.Table:
    """Local times as they land."""
    schema = kind.contract.schema
    return pa.table(
        [landed_times(rows[f.name], zone) if pa.types.is_timestamp(f.type) else rows[f.name] for f in schema],
        schema=schema,
    )


def _one_per_version(kind: FileKind, rows: pa.Table) -> tuple[pa.Table, list[Finding]]:
    """Day folders overlap, so a version comes several times; equal rows count once.

    Where a district sends a version again with other content in a later file, the later file counts and that is
    reported: cells are mended this way. Two contents in one file, or of two districts, stay for the arrival suite to
    refuse.
    """
    names, version = kind.contract.schema.names, kind.contract.version
    newest = f"{_FILE_DAY}_max"
    contents = rows.group_by(names, use_threads=False).aggregate([(_FILE_DAY, "max")])
    if version is None:
        return contents.select(names), []
    known_by = [*kind.contract.key, version, "district_code"]
    keys = list(zip(*(contents[name].to_pylist() for name in known_by), strict=True))
    days = contents[newest].to_pylist()
    last: dict[tuple[Any, ...], date] = {}
    for key, day in zip(keys, days, strict=True):
        last[key] = max(day, last.get(key, day))
    is_kept = [day == last[key] for key, day in zip(keys, days, strict=True)]
    replaced = sorted({str(key[0]) for key, kept in zip(keys, is_kept, strict=True) if not kept})
    kept_rows = contents.filter(pa.array(is_kept)).select(names)
    if not replaced:
        return kept_rows, []
    says = f"{len(replaced)} rows came again in a later file with other content under one change time; the later counts"
    finding = Finding(
        "L1-STA-026", "warn", "stations", kind.contract.full_name, says, rows_seen=rows.num_rows,
        rows_failed=len(replaced), sample_keys=sample(replaced),
    )  # fmt: skip
    return kept_rows, [finding]


def _unknown_columns(kind: FileKind, sheets: Iterable[Sheet]) -> list[Finding]:
    return [
        Finding(
            "L1-STA-021", "info", "stations", kind.contract.full_name,
            f"{sheet.file_name} has columns the contract does not know: {', '.join(sheet.unknown_columns)}; they were not landed",
            rows_seen=len(sheet.row_numbers),
        )
        for sheet in sheets
        if sheet.unknown_columns
    ]  # fmt: skip


def _cell_findings(read: Sequence[tuple[StationFile, Sheet]], problems: Sequence[Problem]) -> list[Finding]:
    """One finding per file and column with cells that could not be read."""
    tables = {file.path.name: file.kind.contract.full_name for file, _ in read}
    rows = {file.path.name: 0 for file, _ in read}
    for file, sheet in read:
        rows[file.path.name] += len(sheet.row_numbers)
    grouped: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        grouped.setdefault((problem.file_name, problem.column), []).append(problem)
    return [
        Finding(
            "L1-STA-023", "warn", "stations", tables[name],
            f"{name}: {len(found)} cells of {column} cannot be used ({found[0].fault.text}); they are on the feedback sheet",
            column_name=column, rows_seen=rows[name], rows_failed=len(found),
            sample_keys=sample([f"row-{p.row}" for p in found]),
        )
        for (name, column), found in sorted(grouped.items())
    ]  # fmt: skip
