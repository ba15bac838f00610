"""The departments' returns: XLSX workbooks in a drop folder, one folder a day of delivery, monthly or quarterly."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu import atomic
from minhu.business_dates import extraction_window
from minhu.errors import PermanentError, TransientError
from minhu.extract.columns import landed_times
from minhu.extract.returns.workbooks import WORKBOOKS, Period, ReturnSheet, period_of
from minhu.extract.spreadsheets.chinese_files import Sheet, read_workbook
from minhu.extract.spreadsheets.feedback import FEEDBACK_SUFFIX, feedback_name, write_feedback
from minhu.extract.spreadsheets.problems import FileRefused, Problem, fault_of
from minhu.findings import Finding, sample
from minhu.landing import contracts
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings

LARGEST_FILE_BYTES = 50 * 1024 * 1024
_FILE = re.compile(
    rf"(?P<workbook>{'|'.join(WORKBOOKS)})(?P<period>.*?)(?:\s*-\s*副本|[(（]\d+[)）])*\.xlsx", re.IGNORECASE
)
_LITTER = re.compile(
    rf"[.~].*|Thumbs\.db|desktop\.ini|.*\.(part|filepart|tmp)|.*{FEEDBACK_SUFFIX}\.xlsx", re.IGNORECASE
)


@dataclass(frozen=True)
class ReturnFile:
    """A workbook of a known subject, delivered in the folder of a day, about a period."""

    path: Path
    workbook: str
    delivered_on: date
    period: Period


def land(
    settings: Settings,
    landing: Landing,
    business_date: date,
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> Attempt:
    """Read the workbooks delivered in the window and land them; a night without any is a usual one.

    A workbook that cannot be used is left out as a whole: what its department returned before stays in use, and a
    finding says so. A cell that cannot be read becomes null. Both stand on a feedback sheet beside the original, or,
    where that folder cannot be written, under ``feedback/returns/``.

    Args:
        settings: overlap, time zone and home.
        landing: where to write.
        business_date: local day.
        folder: the drop folder, with a folder ``YYYY-MM-DD`` for each day on which something was delivered; in it
            ``<workbook>_<period>.xlsx``, the period written as ``2026-10``, ``2026Q3``, ``2026H1`` or ``2026``.
        progress: told a line per workbook.

    Raises:
        TransientError: the drop folder is not there.
        PermanentError: a link leads out of the drop folder.
    """
    if not folder.is_dir():
        raise TransientError(
            "read the returns", f"the drop folder {folder} does not exist", "mount it, or correct minhu_returns"
        )
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("returns", business_date), settings.overlap_days
    )
    first = window.start.astimezone(settings.zone).date() if window.start else date.min
    files, findings = _delivered(folder, first, business_date)
    rows: dict[str, list[pa.Table]] = {contract.name: [] for contract in contracts.tables_of("returns")}
    for file in files:
        cells: list[Problem] = []
        try:
            sheets = read_workbook(file.path, {sheet.name: sheet.headers for sheet in WORKBOOKS[file.workbook]})
        except FileRefused as error:
            findings.append(_refused(file, error.problems))
            _tell(settings, file.path, error.problems)
            continue
        count = 0
        for sheet in WORKBOOKS[file.workbook]:
            table = _rows_of(sheet, sheets[sheet.name], file, cells, settings.zone)
            rows[sheet.name].append(table)
            count += table.num_rows
        rows["deliveries"].append(_delivery_row(file, count))
        findings += _cell_findings(file, sheets, cells)
        _tell(settings, file.path, cells)
        progress(f"returns.{file.workbook} {file.period.name}: {count:,} rows")
    tables = {
        name: pa.concat_tables([contracts.table("returns", name).schema.empty_table(), *parts])
        for name, parts in rows.items()
    }
    totals = {name: {"rows": table.num_rows, "files": len(rows[name])} for name, table in tables.items()}
    return landing.write_attempt("returns", business_date, window, tables, totals, findings)


def _delivered(folder: Path, first: date, business_date: date) -> tuple[list[ReturnFile], list[Finding]]:
    """Workbooks of the window; of several with one subject, period and day, the last by name."""
    files: dict[tuple[date, str, str], ReturnFile] = {}
    strangers: list[str] = []
    for day_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            day = date.fromisoformat(day_folder.name)
        except ValueError:
            continue
        if not first <= day <= business_date:
            continue
        for path in sorted(day_folder.iterdir()):
            if _LITTER.fullmatch(path.name):
                continue
            match = _FILE.fullmatch(path.name)
            period = period_of(match["period"], day) if match else None
            if match is None or period is None:
                strangers.append(path.name)
                continue
            if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
                raise PermanentError(
                    f"read {path.name}", "it leads out of the drop folder", "remove the link and send the file itself"
                )
            if not path.is_file() or path.stat().st_size > LARGEST_FILE_BYTES:
                strangers.append(path.name)
                continue
            files[day, match["workbook"], period.name] = ReturnFile(path, match["workbook"], day, period)
    findings = []
    if strangers:
        message = (
            f"{len(strangers)} files have no name of a return (subject, then a period such as 2026Q3), or are too large; "
            "they were not read"
        )
        findings.append(
            Finding("L1-RET-024", "warn", "returns", "returns.deliveries", message, rows_failed=len(strangers))
        )
    return [files[key] for key in sorted(files)], findings


def _rows_of(kind: ReturnSheet, sheet: Sheet, file: ReturnFile, problems: list[Problem], zone: ZoneInfo) -> pa.Table:
    """The sheet's rows in the contract's columns; a cell that cannot be read is null and added to ``problems``."""
    columns: dict[str, list[Any]] = {
        "delivered_on": [file.delivered_on] * len(sheet.row_numbers),
        "report_period": [file.period.name] * len(sheet.row_numbers),
        "row_number": list(sheet.row_numbers),
    }
    for column, (header, reader) in kind.columns.items():
        values: list[Any] = []
        for number, cell in zip(sheet.row_numbers, sheet.columns[header], strict=True):
            try:
                values.append(reader(cell))
            except (ValueError, TypeError, OverflowError) as error:
                values.append(None)
                problems.append(Problem(sheet.file_name, sheet.name, number, header, fault_of(error)))
        columns[column] = values
    arrays = []
    for field in kind.contract.schema:
        array = pa.array(columns[field.name], pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type)
        is_time = pa.types.is_timestamp(field.type)
        arrays.append(landed_times(pa.chunked_array([array]), zone) if is_time else array)
    return pa.table(arrays, schema=kind.contract.schema)


def _delivery_row(file: ReturnFile, rows: int) -> pa.Table:
    schema = contracts.table("returns", "deliveries").schema
    values = [
        file.delivered_on, file.workbook, file.period.name, file.period.first, file.period.last,
        atomic.sha256_of(file.path), rows,
    ]  # fmt: skip
    return pa.table([pa.array([value], field.type) for value, field in zip(values, schema, strict=True)], schema=schema)


def _refused(file: ReturnFile, problems: Sequence[Problem]) -> Finding:
    said = "; ".join(str(problem) for problem in problems[:5])
    message = f"{said}; the return was left out as a whole and what was returned before stays in use"
    return Finding(
        "L1-RET-021", "warn", "returns", f"returns.{WORKBOOKS[file.workbook][0].name}", message,
        period_from=file.period.first.isoformat(), period_to=file.period.last.isoformat(), rows_failed=1,
    )  # fmt: skip


def _cell_findings(file: ReturnFile, sheets: dict[str, Sheet], problems: Sequence[Problem]) -> list[Finding]:
    """One finding per sheet and column with cells that could not be read, and one per sheet with unknown columns."""
    tables = {sheet.name: f"returns.{name}" for name, sheet in sheets.items()}
    grouped: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        grouped.setdefault((problem.sheet, problem.column), []).append(problem)
    first, last = file.period.first.isoformat(), file.period.last.isoformat()
    findings = [
        Finding(
            "L1-RET-023", "warn", "returns", tables[sheet],
            f"{file.path.name}: {len(found)} cells of {column} cannot be used ({found[0].fault.text}); they are on the feedback sheet",
            column_name=column, rows_failed=len(found), sample_keys=sample([f"row-{p.row}" for p in found]),
            period_from=first, period_to=last,
        )
        for (sheet, column), found in sorted(grouped.items())
    ]  # fmt: skip
    findings += [
        Finding(
            "L1-RET-022", "info", "returns", f"returns.{name}",
            f"{file.path.name} has columns the contract does not know: {', '.join(sheet.unknown_columns)}; they were not landed",
            rows_seen=len(sheet.row_numbers), period_from=first, period_to=last,
        )
        for name, sheet in sheets.items()
        if sheet.unknown_columns
    ]  # fmt: skip
    return findings


def _tell(settings: Settings, path: Path, problems: Sequence[Problem]) -> None:
    """The feedback sheet beside the original; gone when there is nothing more to mend."""
    beside = path.with_name(feedback_name(path.name))
    try:
        write_feedback(beside, problems)
    except OSError:  # a drop folder that can only be read
        write_feedback(settings.home / "feedback" / "returns" / path.parent.name / beside.name, problems)
