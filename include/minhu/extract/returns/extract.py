"""The departments' returns: XLSX workbooks in a drop folder, one folder a day of delivery, monthly or quarterly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu import atomic
from minhu.business_dates import extraction_window
from minhu.errors import TransientError
from minhu.extract.columns import landed_times
from minhu.extract.returns.folder import ReturnFile, is_sayable, read_delivery
from minhu.extract.returns.workbooks import WORKBOOKS, ReturnSheet
from minhu.extract.spreadsheets.chinese_files import hidden_problems, read_workbook
from minhu.extract.spreadsheets.feedback import feedback_name, write_feedback
from minhu.extract.spreadsheets.problems import FileRefused, Problem, fault, fault_of
from minhu.extract.spreadsheets.sheets import Sheet
from minhu.findings import Finding, sample
from minhu.landing import contracts
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings
from minhu.texts import file_name


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
    delivery = read_delivery(folder, first, business_date)
    findings = list(delivery.findings)
    told: dict[Path, list[Problem]] = {}
    for path, problem in delivery.noticed:
        told.setdefault(path.with_name(feedback_name(path.name)), []).append(problem)
    rows: dict[str, list[pa.Table]] = {contract.name: [] for contract in contracts.tables_of("returns")}
    for file in delivery.files:
        of_file = told.setdefault(file.path.with_name(feedback_name(file.path.name)), [])
        try:
            sheets = read_workbook(file.path, {sheet.name: sheet.headers for sheet in WORKBOOKS[file.workbook]})
        except FileRefused as error:
            findings.append(_refused(file, error.problems))
            of_file += error.problems
            continue
        of_file += hidden_problems(list(sheets.values()))
        count = 0
        for sheet in WORKBOOKS[file.workbook]:
            cells: list[Problem] = []
            table, repeated = _rows_of(sheet, sheets[sheet.name], file, cells, settings.zone)
            rows[sheet.name].append(table)
            count += table.num_rows
            findings += [*_cell_findings(file, sheet, sheets[sheet.name], cells), *_repeated(file, sheet, repeated)]
            of_file += sorted([*cells, *repeated], key=lambda problem: problem.row or 0)
        rows["deliveries"].append(_delivery_row(file, count))
        findings += _sheet_findings(file, sheets)
        progress(f"returns.{file.workbook} {file.period.name}: {count:,} rows")
    for beside, problems in told.items():
        _tell(settings, beside, problems)
    tables = {
        name: pa.concat_tables([contracts.table("returns", name).schema.empty_table(), *parts])
        for name, parts in rows.items()
    }
    totals = {name: {"rows": table.num_rows, "files": len(rows[name])} for name, table in tables.items()}
    return landing.write_attempt("returns", business_date, window, tables, totals, findings)


def _rows_of(
    kind: ReturnSheet, sheet: Sheet, file: ReturnFile, cells: list[Problem], zone: ZoneInfo
) -> tuple[pa.Table, list[Problem]]:
    """The sheet's rows in the contract's columns, and the rows that say something about one thing again.

    A cell that cannot be read is null and added to ``cells``, and so is an empty one by which its row is known.
    """
    columns: dict[str, list[Any]] = {
        "delivered_on": [file.delivered_on] * len(sheet.row_numbers),
        "report_period": [file.period.name] * len(sheet.row_numbers),
        "row_number": list(sheet.row_numbers),
    }
    for column, (header, reader) in kind.columns.items():
        values: list[Any] = []
        for number, cell in zip(sheet.row_numbers, sheet.columns[header], strict=True):
            try:
                value, what = reader(cell), None
            except (ValueError, TypeError, OverflowError) as error:
                value, what = None, fault_of(error)
            if value is None and column in kind.key:
                what = what or fault("key_is_empty")
            if what is not None:
                cells.append(Problem(sheet.file_name, sheet.name, number, header, what))
            values.append(value)
        columns[column] = values
    arrays = []
    for field in kind.contract.schema:
        array = pa.array(columns[field.name], pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type)
        is_time = pa.types.is_timestamp(field.type)
        arrays.append(landed_times(pa.chunked_array([array]), zone) if is_time else array)
    return pa.table(arrays, schema=kind.contract.schema), _repeated_rows(kind, sheet, columns)


def _repeated_rows(kind: ReturnSheet, sheet: Sheet, columns: dict[str, list[Any]]) -> list[Problem]:
    """All rows about a thing that has several: which of them is meant nobody can say."""
    known_by = [*kind.key, *kind.optional_key]
    keys = list(zip(*(columns[name] for name in known_by), strict=True))
    counts = Counter(keys)
    what = fault("row_repeated", columns="、".join(kind.columns[name][0] for name in known_by))
    return [
        Problem(sheet.file_name, sheet.name, number, "", what)
        for number, key in zip(sheet.row_numbers, keys, strict=True)
        if counts[key] > 1 and None not in key[: len(kind.key)]
    ]


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


def _cell_findings(file: ReturnFile, kind: ReturnSheet, sheet: Sheet, problems: Sequence[Problem]) -> list[Finding]:
    """One finding per column with cells that could not be read, and one about columns that nobody knows."""
    grouped: dict[str, list[Problem]] = {}
    for problem in problems:
        grouped.setdefault(problem.column, []).append(problem)
    table, name = kind.contract.full_name, file_name(file.path)
    findings = [
        Finding(
            "L1-RET-023", "warn", "returns", table,
            f"{name}: {len(found)} cells of {header} cannot be used ({found[0].fault.text}); they are on the feedback sheet",
            column_name=kind.landed_column(header), rows_seen=len(sheet.row_numbers), rows_failed=len(found),
            sample_keys=sample([f"row-{p.row}" for p in found]),
        )
        for header, found in sorted(grouped.items())
    ]  # fmt: skip
    if sheet.unknown_columns:
        unknown = ", ".join(sheet.unknown_columns)
        says = f"{name} has columns the contract does not know: {unknown}; they were not landed"
        findings.append(Finding("L1-RET-022", "info", "returns", table, says, rows_seen=len(sheet.row_numbers)))
    return [_about(file, finding) for finding in findings]


def _repeated(file: ReturnFile, kind: ReturnSheet, rows: Sequence[Problem]) -> list[Finding]:
    if not rows:
        return []
    says = f"{file_name(file.path)}: {len(rows)} rows speak of one thing with others; the last counts, all are on the feedback sheet"
    keys = sample([f"row-{problem.row}" for problem in rows])
    found = Finding(
        "L1-RET-025", "warn", "returns", kind.contract.full_name, says, rows_failed=len(rows), sample_keys=keys
    )
    return [_about(file, found)]


def _sheet_findings(file: ReturnFile, sheets: Mapping[str, Sheet]) -> list[Finding]:
    """What people do not see of a workbook."""
    table = f"returns.{next(iter(sheets))}"
    some = next(iter(sheets.values()))
    findings = []
    if tables := len(some.hidden_tables):
        says = f"{file_name(file.path)}: {tables} hidden sheets have such a table; they were not read"
        findings += [
            Finding("L1-RET-026", "warn", "returns", f"returns.{name}", says, rows_failed=tables) for name in sheets
        ]
    rows = sum(sheet.hidden_rows for sheet in sheets.values())
    columns = sum(sheet.hidden_columns for sheet in sheets.values())
    if others := len(some.hidden_sheets) + rows + columns:
        says = (
            f"{file_name(file.path)}: {len(some.hidden_sheets)} other hidden sheets, not read; {rows} hidden rows, read; "
            f"{columns} hidden columns, read where people see none of the name"
        )
        findings.append(Finding("L1-RET-028", "info", "returns", table, says, rows_failed=others))
    return [_about(file, finding) for finding in findings]


def _about(file: ReturnFile, finding: Finding) -> Finding:
    return replace(finding, period_from=file.period.first.isoformat(), period_to=file.period.last.isoformat())


def _tell(settings: Settings, beside: Path, problems: Sequence[Problem]) -> None:
    """The feedback sheet beside the original; gone when there is nothing more to mend."""
    try:
        write_feedback(beside, problems)
    except OSError:  # a drop folder that can only be read
        if not is_sayable(beside.name):
            return  # a name that nobody expected may be a person's
        write_feedback(settings.home / "feedback" / "returns" / beside.parent.name / beside.name, problems)
