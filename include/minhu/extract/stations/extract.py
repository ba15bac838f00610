"""The service stations: CSV and XLSX files in a drop folder, one folder a business date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu.business_dates import extraction_window
from minhu.errors import SourceBlocked
from minhu.extract.columns import landed_times
from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets.chinese_cells import as_integer
from minhu.extract.spreadsheets.chinese_files import hidden_problems, read_sheets
from minhu.extract.spreadsheets.feedback import write_feedback_folder
from minhu.extract.spreadsheets.problems import FileRefused, Problem, fault
from minhu.extract.spreadsheets.sheets import Sheet
from minhu.extract.stations.folder import Delivery, LostFile, StationFile, read_delivery, silent_days
from minhu.extract.stations.kinds import KINDS, FileKind
from minhu.extract.stations.noticed import (
    cells_to_mend,
    changed_versions,
    hidden_sheets,
    lost_districts,
    rows_set_aside,
    unknown_columns,
)
from minhu.extract.stations.rows import read_rows
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings

#: With more of the districts without their cases, the city has no figures either.
MOST_DISTRICTS_LOST = 0.5
_MOST_SAID = 20


def land(
    settings: Settings,
    landing: Landing,
    business_date: date,
    folder: Path,
    pseudonyms: Pseudonyms,
    progress: Callable[[str], None] = lambda _: None,
) -> Attempt:
    """Read the day folders of the window and land them.

    A file of the whole city that cannot be used refuses the delivery; the message lists every such file. One of a district
    withholds its district, a row that cannot be used is set aside, a cell that cannot be read becomes null. All of them
    stand on the feedback sheets under ``feedback/stations/<date>/`` with file, sheet, row and column.

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
        SourceBlocked: a file of the city was refused, is missing, or does not add up to its own total row; or those of
            most districts.
    """
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("stations", business_date), settings.overlap_days
    )
    first = window.start.astimezone(settings.zone).date() if window.start else date.min
    delivery = read_delivery(folder, first, business_date)
    read, refused, lost = _read_files(delivery)
    feedback = settings.home / "feedback" / "stations" / business_date.isoformat()
    told = [*delivery.noticed, *hidden_problems([sheet for _, sheet in read])]
    told += [problem for file in lost for problem in file.problems]
    if refused or _are_too_many(lost, delivery.files, business_date):
        write_feedback_folder(feedback, [*refused, *told])
        raise SourceBlocked(
            f"read the station files of {business_date}",
            _said([*refused, *(problem for file in lost for problem in file.problems)]),
            f"have the files mended and sent again, then run the date again; what to mend stands in {feedback}",
        )
    findings = [*delivery.findings, *silent_days(delivery.files, _last_accepted(landing, business_date), business_date)]
    findings += [*lost_districts(lost), *hidden_sheets(read)]
    tables: dict[str, pa.Table] = {}
    totals: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        of_kind = [(file, sheet) for file, sheet in read if file.kind is kind]
        rows = read_rows(kind, of_kind, pseudonyms)
        findings += [*changed_versions(rows), *unknown_columns(kind, [sheet for _, sheet in of_kind])]
        findings += [*cells_to_mend(rows), *rows_set_aside(rows)]
        told += rows.problems
        tables[kind.name] = _as_landed(kind, rows.table, settings.zone)
        totals[kind.name] = {
            "rows": rows.seen.total(),
            "files": len({file.path for file, _ in of_kind}),
            "blank_rows": sum(sheet.blank_rows for _, sheet in of_kind),
            "total_rows": sum(sheet.total_rows for _, sheet in of_kind),
            "note_rows": sum(sheet.note_rows for _, sheet in of_kind),
            "header_rows": sum(sheet.header_rows for _, sheet in of_kind),
            "set_aside_rows": rows.set_aside.total(),
        }
        progress(f"stations.{kind.name}: {rows.seen.total():,} rows")
    write_feedback_folder(feedback, told)
    return landing.write_attempt("stations", business_date, window, tables, totals, findings)


def _read_files(delivery: Delivery) -> tuple[list[tuple[StationFile, Sheet]], list[Problem], list[LostFile]]:
    """The tables of the files, what refuses the delivery, and the files of districts that cannot be used."""
    read: list[tuple[StationFile, Sheet]] = []
    refused, lost = list(delivery.problems), list(delivery.lost)
    for file in delivery.files:
        try:
            sheets = read_sheets(file.path, file.kind.headers)
            problems = [problem for sheet in sheets for problem in _total_problems(file.kind, sheet)]
        except FileRefused as error:
            sheets, problems = [], list(error.problems)
        if not problems:
            read += [(file, sheet) for sheet in sheets]
        elif file.district is None:
            refused += problems
        else:
            lost.append(LostFile(file.kind, file.district, file.day, tuple(problems)))
    return read, refused, lost


def _are_too_many(lost: Sequence[LostFile], files: Sequence[StationFile], business_date: date) -> bool:
    """Whether so many districts lack their day that nothing can be said of the city."""
    lacking = {file.district for file in lost if file.day == business_date}
    sent = {file.district for file in files if file.day == business_date and file.district is not None}
    return len(lacking) > MOST_DISTRICTS_LOST * len(lacking | sent)


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
                counted = 0 if stated is None else sum(as_integer(cell) or 0 for cell in sheet.columns[header])
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


def _as_landed(kind: FileKind, rows: pa.Table, zone: ZoneInfo) -> pa.Table:
    """Local times as they land."""
    schema = kind.contract.schema
    return pa.table(
        [landed_times(rows[f.name], zone) if pa.types.is_timestamp(f.type) else rows[f.name] for f in schema],
        schema=schema,
    )
