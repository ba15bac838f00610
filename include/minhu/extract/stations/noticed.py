"""Findings about station files: what was read otherwise than it was written, or not at all, and of which district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from minhu.extract.spreadsheets.problems import Problem
from minhu.extract.spreadsheets.sheets import Sheet
from minhu.extract.stations.folder import LostFile, StationFile
from minhu.extract.stations.kinds import FileKind
from minhu.extract.stations.rows import Rows
from minhu.findings import Finding, are_many, sample


def cells_to_mend(rows: Rows) -> list[Finding]:
    """One finding per file and column with cells that could not be read."""
    files = {file.path.name: file for file in rows.seen}
    grouped: dict[tuple[str, str], list[Problem]] = {}
    for problem in rows.problems:
        grouped.setdefault((problem.file_name, problem.column), []).append(problem)
    return [
        _about(
            files[name],
            Finding(
                "L1-STA-023", "warn", "stations", rows.kind.contract.full_name,
                f"{name}: {len(found)} {f'cells of {header}' if header else 'rows'} cannot be used ({found[0].fault.text}); "
                "they are on the feedback sheet",
                column_name=rows.kind.landed_column(header), rows_seen=rows.seen[files[name]], rows_failed=len(found),
                sample_keys=sample([f"row-{p.row}" for p in found]),
            ),
        )
        for (name, header), found in sorted(grouped.items())
    ]  # fmt: skip


def rows_set_aside(rows: Rows) -> list[Finding]:
    """Which files have rows that do not count; one with too many withholds its district, or refuses the delivery."""
    findings: list[Finding] = []
    for file, count in sorted(rows.set_aside.items(), key=lambda item: item[0].path):
        if not count:
            continue
        seen, table = rows.seen[file], rows.kind.contract.full_name
        says = f"{file.path.name}: {count} of {seen} rows were set aside; they are on the feedback sheet"
        if not are_many(count, seen):
            some = Finding("L1-STA-029", "warn", "stations", table, says, rows_seen=seen, rows_failed=count)
            findings.append(_about(file, _of_district(file.district, some)))
        elif file.district is None:
            many = Finding("L1-STA-032", "block", "stations", table, says, rows_seen=seen, rows_failed=count)
            findings.append(_about(file, many))
        else:
            findings += _withheld(table, file.district, file.day, says, seen, count)
    return findings


def lost_districts(lost: Sequence[LostFile]) -> list[Finding]:
    """The districts that lack a day, because its file cannot be used."""
    return [
        finding
        for file in sorted(lost, key=lambda file: (file.district, file.day))
        for finding in _withheld(
            file.kind.contract.full_name, file.district, file.day, "; ".join(map(str, file.problems[:5])), 0, 1
        )
    ]


def _withheld(table: str, district: str, day: date, says: str, seen: int, failed: int) -> list[Finding]:
    """A district is withheld; what it is part of, and its parts, carry a note."""
    of_it = Finding("L1-STA-030", "block", "stations", table, says, rows_seen=seen, rows_failed=failed)
    of_all = Finding(
        "L1-STA-031", "warn", "stations", table, f"district {district}: {says}", rows_seen=seen, rows_failed=failed
    )
    on = day.isoformat()
    return [replace(finding, period_from=on, period_to=on) for finding in (_of_district(district, of_it), of_all)]


def hidden_sheets(read: Sequence[tuple[StationFile, Sheet]]) -> list[Finding]:
    """Sheets and rows of workbooks that people do not see."""
    findings: dict[tuple[str, str], Finding] = {}
    for file, sheet in read:
        name, table = file.path.name, file.kind.contract.full_name
        if tables := len(sheet.hidden_tables):
            says = f"{name}: {tables} hidden sheets have such a table; they were not read"
            found = Finding("L1-STA-033", "warn", "stations", table, says, rows_failed=tables)
            findings[name, "tables"] = _about(file, found)
        if others := len(sheet.hidden_sheets) + sheet.hidden_rows + sheet.hidden_columns:
            says = (
                f"{name}: {len(sheet.hidden_sheets)} other hidden sheets, not read; {sheet.hidden_rows} hidden rows, read; "
                f"{sheet.hidden_columns} hidden columns, read where people see none of the name"
            )
            found = Finding("L1-STA-034", "info", "stations", table, says, rows_failed=others)
            findings[name, f"sheet {sheet.name}"] = _about(file, found)
    return [findings[key] for key in sorted(findings)]


def changed_versions(rows: Rows) -> list[Finding]:
    """Rows that a later file changed without a new change time."""
    if not rows.replaced:
        return []
    replaced = sorted(set(rows.replaced))
    says = f"{len(replaced)} rows came again in a later file with other content under one change time; the later counts"
    return [
        Finding(
            "L1-STA-026", "warn", "stations", rows.kind.contract.full_name, says, rows_seen=rows.seen.total(),
            rows_failed=len(replaced), sample_keys=sample(replaced),
        )
    ]  # fmt: skip


def unknown_columns(kind: FileKind, sheets: Sequence[Sheet]) -> list[Finding]:
    """Headers that the contract does not know."""
    return [
        Finding(
            "L1-STA-021", "info", "stations", kind.contract.full_name,
            f"{sheet.file_name} has columns the contract does not know: {', '.join(sheet.unknown_columns)}; they were not landed",
            rows_seen=len(sheet.row_numbers),
        )
        for sheet in sheets
        if sheet.unknown_columns
    ]  # fmt: skip


def _about(file: StationFile, finding: Finding) -> Finding:
    """The finding limited to the day of a file; a snapshot is about every day."""
    day = "" if file.kind.is_snapshot else file.day.isoformat()
    return replace(finding, period_from=day, period_to=day)


def _of_district(district: str | None, finding: Finding) -> Finding:
    return replace(finding, unit_type="district", unit_code=district) if district else finding
