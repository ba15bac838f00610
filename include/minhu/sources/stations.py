"""The service stations: CSV and XLSX files in a drop folder, one folder a business date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu.chinese_cells import as_integer
from minhu.chinese_files import FileRefused, Problem, Row, Sheet, read_sheets
from minhu.columns import landed_times
from minhu.errors import SourceBlocked
from minhu.feedback import write_feedback
from minhu.findings import Finding, sample
from minhu.landing import Attempt, Landing
from minhu.privacy import Pseudonyms
from minhu.settings import Settings
from minhu.sources.station_folder import StationFile, read_delivery, silent_days
from minhu.sources.station_kinds import KINDS, FileKind
from minhu.windows import extraction_window

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
        write_feedback(feedback, refused)
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
        rows = _landed_rows(of_kind, pseudonyms, cells)
        kept, odd = _one_per_version(kind, rows)
        findings += [*odd, *_unknown_columns(kind, (sheet for _, sheet in of_kind))]
        tables[kind.name] = _table(kind, kept, settings.zone)
        totals[kind.name] = {
            "rows": len(rows),
            "files": len({file.path for file, _ in of_kind}),
            "blank_rows": sum(sheet.blank_rows for _, sheet in of_kind),
            "total_rows": sum(sheet.total_rows for _, sheet in of_kind),
            "note_rows": sum(sheet.note_rows for _, sheet in of_kind),
        }
        progress(f"stations.{kind.name}: {len(rows):,} rows")
    write_feedback(feedback, cells)
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
                counted = sum(as_integer(row.cells[header]) or 0 for row in sheet.rows)
            else:
                cells = [cell for cell in sheet.total_cells.values() if cell is not None]
                stated, counted = as_integer(cells[1] if len(cells) > 1 else None), len(sheet.rows)
        except ValueError:
            continue
        if stated is not None and stated != counted:
            what = f"{header} adds up to {counted}" if header else f"{counted} rows were read"
            text = f"{what}, its total row says {stated}"
            problems.append(Problem(sheet.file_name, sheet.name, None, header, text))
    return problems


def _landed_rows(
    of_kind: Sequence[tuple[StationFile, Sheet]], pseudonyms: Pseudonyms, problems: list[Problem]
) -> list[tuple[StationFile, dict[str, Any]]]:
    """Every row in the contract's columns; what cannot be read is null and added to ``problems``.

    Most cells repeat (codes, words, days), so a text is read once per column.
    """
    read: dict[str, dict[str, Any]] = defaultdict(dict)
    rows = []
    for file, sheet in of_kind:
        contract = file.kind.contract
        same = {"district_code": file.district, "service_date": file.day}
        blank = {name: same.get(name) for name in contract.schema.names}
        known_by = {*contract.key, contract.version}
        columns = [(column, *where, column in known_by) for column, where in file.kind.columns.items()]
        for row in sheet.rows:
            rows.append((file, _landed(blank, columns, sheet, row, pseudonyms, problems, read)))
    return rows


def _landed(
    blank: dict[str, Any],
    columns: Sequence[tuple[str, str, Callable[[Any], Any], bool]],
    sheet: Sheet,
    row: Row,
    pseudonyms: Pseudonyms,
    problems: list[Problem],
    read: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    values = blank.copy()
    for column, header, reader, is_known_by in columns:
        cell = row.cells[header]
        known = read[column]
        if type(cell) is str and cell in known:
            values[column] = known[cell]
            continue
        text = ""
        try:
            value = reader(cell)
            if value is None and is_known_by:
                text = "expected a value, found none: the row is known by it"
            if column == "applicant_key":
                value = pseudonyms.person("id_number", value)
            values[column] = value
            if type(cell) is str and not text:
                known[cell] = value
        except (ValueError, TypeError, OverflowError) as error:
            text = str(error) if str(error).startswith("expected") else "expected another kind of value"
        if text:
            problems.append(Problem(sheet.file_name, sheet.name, row.number, header, text))
    return values


def _table(kind: FileKind, rows: Sequence[dict[str, Any]], zone: ZoneInfo) -> pa.Table:
    """Rows in the contract's types, local times as they land."""
    landed = {}
    for column in kind.contract.schema:
        values = pa.array([row[column.name] for row in rows], column.type)
        landed[column.name] = landed_times(values, zone) if pa.types.is_timestamp(column.type) else values
    return pa.table(landed, schema=kind.contract.schema)


def _one_per_version(
    kind: FileKind, rows: Sequence[tuple[StationFile, dict[str, Any]]]
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Day folders overlap, so a version comes several times; equal rows count once.

    Where a district sends a version again with other content in a later file, the later file counts and that is
    reported: cells are mended this way. Two contents in one file, or of two districts, stay for the arrival suite to
    refuse.
    """
    version = kind.contract.version
    if version is None:
        return list({tuple(row.values()): row for _, row in rows}.values()), []
    names = (*kind.contract.key, version, "district_code")
    contents: dict[int, tuple[dict[str, Any], date]] = {}
    for file, row in rows:
        held = contents.get(id(row))
        contents[id(row)] = (row, file.day if held is None else max(held[1], file.day))
    keys = {number: tuple(row[name] for name in names) for number, (row, _) in contents.items()}
    newest: dict[tuple[Any, ...], date] = {}
    for number, (_, day) in contents.items():
        newest[keys[number]] = max(day, newest.get(keys[number], day))
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    older: list[dict[str, Any]] = []
    for number, (row, day) in contents.items():
        if day == newest[keys[number]]:
            kept[tuple(row.values())] = row
        else:
            older.append(row)
    replaced = {str(row[kind.contract.key[0]]) for row in older if tuple(row.values()) not in kept}
    if not replaced:
        return list(kept.values()), []
    says = f"{len(replaced)} rows came again in a later file with other content under one change time; the later counts"
    finding = Finding(
        "L1-STA-026", "warn", "stations", kind.contract.full_name, says, rows_seen=len(rows),
        rows_failed=len(replaced), sample_keys=sample(sorted(replaced)),
    )  # fmt: skip
    return list(kept.values()), [finding]


def _unknown_columns(kind: FileKind, sheets: Iterable[Sheet]) -> list[Finding]:
    return [
        Finding(
            "L1-STA-021", "info", "stations", kind.contract.full_name,
            f"{sheet.file_name} has columns the contract does not know: {', '.join(sheet.unknown_columns)}; they were not landed",
            rows_seen=len(sheet.rows),
        )
        for sheet in sheets
        if sheet.unknown_columns
    ]  # fmt: skip


def _cell_findings(read: Sequence[tuple[StationFile, Sheet]], problems: Sequence[Problem]) -> list[Finding]:
    """One finding per file and column with cells that could not be read."""
    tables = {file.path.name: file.kind.contract.full_name for file, _ in read}
    rows = {file.path.name: 0 for file, _ in read}
    for file, sheet in read:
        rows[file.path.name] += len(sheet.rows)
    grouped: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        grouped.setdefault((problem.file_name, problem.column), []).append(problem)
    return [
        Finding(
            "L1-STA-023", "warn", "stations", tables[name],
            f"{name}: {len(found)} cells of {column} cannot be used ({found[0].text}); they are on the feedback sheet",
            column_name=column, rows_seen=rows[name], rows_failed=len(found),
            sample_keys=sample([f"row-{p.row}" for p in found]),
        )
        for (name, column), found in sorted(grouped.items())
    ]  # fmt: skip
