"""The service stations: CSV and XLSX files in a drop folder, one folder a business date."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from minhu import contracts
from minhu.chinese_files import (
    FileRefused,
    Row,
    Sheet,
    as_date,
    as_float,
    as_integer,
    as_moment,
    as_text,
    as_yes,
    read_sheets,
)
from minhu.contracts import HANDLING_LEVELS, REVIEWS, STATION_KINDS, TableContract
from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.findings import Finding, sample
from minhu.landing import Attempt, Landing
from minhu.privacy import Pseudonyms
from minhu.settings import Settings
from minhu.windows import Window, extraction_window

LARGEST_FILE_BYTES = 200 * 1024 * 1024


def _word(words: dict[str, str]) -> Callable[[Any], str | None]:
    """Reader of a cell that holds one of a few Chinese words."""

    def read(value: Any) -> str | None:
        text = as_text(value)
        if text is None:
            return None
        if text not in words:
            raise ValueError(f"expected one of {'/'.join(words)}")
        return words[text]

    return read


@dataclass(frozen=True)
class FileKind:
    """One kind of file: how it is named and how each landed column is read from which header.

    Attributes:
        name: landed table.
        pattern: of the file name; group ``date`` is the day, ``district`` where there is one, ``copy`` a repetition.
        columns: landed column to (header as written, reader).
        is_picture: the newest file alone counts; otherwise every day's.
    """

    name: str
    pattern: re.Pattern[str]
    columns: dict[str, tuple[str, Callable[[Any], Any]]]
    is_picture: bool

    @property
    def headers(self) -> list[str]:
        return [header for header, _ in self.columns.values()]


def _pattern(stem: str, suffix: str) -> re.Pattern[str]:
    return re.compile(rf"{stem}_(?P<date>\d{{8}})(?P<copy>[ _-]?\(?v?\d*\)?)\.{suffix}", re.IGNORECASE)


KINDS: tuple[FileKind, ...] = (
    FileKind(
        "cases", _pattern(r"cases_(?P<district>\d{6})", "csv"),
        {
            "case_id": ("办件编号", as_text), "item_code": ("事项编码", as_text),
            "handling_level": ("办理层级", _word(HANDLING_LEVELS)), "is_agent_handled": ("是否代办", as_yes),
            "station_code": ("站点编码", as_text), "applicant_key": ("申请人证件号", as_text),
            "accepted_at": ("受理时间", as_moment), "promised_at": ("承诺办结时间", as_moment),
            "finished_at": ("办结时间", as_moment), "review": ("评价", _word(REVIEWS)),
            "updated_at": ("更新时间", as_moment),
        }, False,
    ),
    FileKind(
        "terminals", _pattern("terminals", "xlsx"),
        {
            "terminal_code": ("设备编号", as_text), "station_code": ("站点编码", as_text),
            "planned_minutes": ("计划服务分钟", as_integer), "available_minutes": ("可用分钟", as_integer),
            "case_count": ("办件数", as_integer),
        }, False,
    ),
    FileKind(
        "points", _pattern("points", "xlsx"),
        {
            "station_code": ("站点编码", as_text), "name": ("站点名称", as_text), "kind": ("类型", _word(STATION_KINDS)),
            "community_code": ("社区代码", as_text), "lon": ("经度", as_float), "lat": ("纬度", as_float),
            "opening_hours": ("开放时间", as_text), "item_count": ("可办事项数", as_integer),
            "active_from": ("启用日期", as_date), "active_to": ("停用日期", as_date),
        }, True,
    ),
    FileKind(
        "items", _pattern("items", "csv"),
        {
            "item_code": ("事项编码", as_text), "name": ("事项名称", as_text), "is_personal": ("是否个人事项", as_yes),
            "is_core": ("是否核心事项", as_yes), "lowest_level": ("最低可办层级", _word(HANDLING_LEVELS)),
        }, True,
    ),
    FileKind(
        "residents", _pattern("residents", "csv"),
        {
            "community_code": ("社区代码", as_text), "grid_code": ("网格代码", as_text),
            "resident_count": ("常住人口", as_integer), "household_count": ("户数", as_integer),
            "center_lon": ("中心经度", as_float), "center_lat": ("中心纬度", as_float),
        }, True,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class _File:
    path: Path
    kind: FileKind
    day: date
    district: str | None
    copy: str


@dataclass(frozen=True)
class _CellProblem:
    file_name: str
    sheet: str
    row: int
    column: str
    problem: str


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
    message lists every such file. A cell that cannot be read becomes null and stands on the feedback sheet under
    ``feedback/stations/<date>/`` with its file, sheet, row and column.

    Args:
        settings: overlap, time zone and home.
        landing: where to write.
        business_date: local day.
        folder: the drop folder, with one folder ``YYYY-MM-DD`` a business date.
        pseudonyms: the home's key.
        progress: told a line per table.

    Raises:
        TransientError: the drop folder, or the folder of the date, is not there (yet).
        SourceBlocked: a file was refused, is missing, or does not add up to its own total row.
    """
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("stations", business_date), settings.overlap_days
    )
    files, findings = _current_files(_files(folder, window, business_date, settings))
    refused: list[str] = []
    problems: list[_CellProblem] = []
    read: list[tuple[_File, Sheet]] = []
    for file in files:
        try:
            sheets = read_sheets(file.path, file.kind.headers)
            for sheet in sheets:
                _check_total(file, sheet)
                read.append((file, sheet))
        except FileRefused as error:
            refused.append(str(error))
    _check_complete(files, business_date, refused)
    if refused:
        raise SourceBlocked(
            f"read the station files of {business_date}",
            "; ".join(refused),
            "have the files mended and sent again, then run the date again",
        )
    tables: dict[str, pa.Table] = {}
    totals: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        contract = contracts.table("stations", kind.name)
        rows: list[dict[str, Any]] = []
        for file, sheet in read:
            if file.kind is kind:
                rows += [_landed(file, sheet, row, contract, pseudonyms, settings, problems) for row in sheet.rows]
                findings += _unknown_columns(contract, sheet)
        totals[kind.name] = {"rows": len(rows), "files": sum(1 for file in files if file.kind is kind)}
        once = {tuple(row.values()): row for row in rows}  # day folders overlap: the same version comes several times
        tables[kind.name] = pa.Table.from_pylist(list(once.values()), schema=contract.schema)
        progress(f"stations.{kind.name}: {len(rows):,} rows")
    findings += _cell_findings(problems)
    _write_feedback(settings.home / "feedback" / "stations" / business_date.isoformat(), problems)
    return landing.write_attempt("stations", business_date, window, tables, totals, findings)


def _files(folder: Path, window: Window, business_date: date, settings: Settings) -> list[_File]:
    if not folder.is_dir():
        raise TransientError(
            "read the station files", f"the drop folder {folder} does not exist", "mount it, or correct minhu_stations"
        )
    first = window.start.astimezone(settings.zone).date() if window.start else date.min
    found: list[_File] = []
    for day_folder in sorted(folder.iterdir()):
        try:
            day = date.fromisoformat(day_folder.name)
        except ValueError:
            continue
        if first <= day <= business_date:
            found += [file for path in sorted(day_folder.iterdir()) if (file := _recognised(path, folder)) is not None]
    if not any(file.path.parent.name == business_date.isoformat() for file in found):
        raise TransientError(
            f"read the station files of {business_date}",
            f"no file in {folder / business_date.isoformat()}",
            "wait for the delivery and run the date again",
        )
    return found


def _recognised(path: Path, folder: Path) -> _File | None:
    """A file of a known kind; anything else in the folder is not ours. Links that leave the folder are refused."""
    for kind in KINDS:
        if match := kind.pattern.fullmatch(path.name):
            if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
                raise PermanentError(
                    f"read {path.name}", "it leads out of the drop folder", "remove the link and send the file itself"
                )
            if path.stat().st_size > LARGEST_FILE_BYTES:
                raise SourceBlocked(
                    f"read {path.name}", f"it is larger than {LARGEST_FILE_BYTES:,} bytes", "send it in parts"
                )
            groups = match.groupdict()
            day = datetime.strptime(groups["date"], "%Y%m%d").date()  # noqa: DTZ007  a calendar day
            return _File(path, kind, day, groups.get("district"), groups["copy"])
    return None


def _current_files(files: list[_File]) -> tuple[list[_File], list[Finding]]:
    """Of files that say they are the same one, the newest; of pictures, the newest day's. Repetitions are reported."""
    current: dict[tuple[str, date, str | None], _File] = {}
    findings: list[Finding] = []
    for file in sorted(files, key=lambda f: (f.path.parent.name, f.day, f.path.name[: -len(f.path.suffix)])):
        key = (file.kind.name, file.day, file.district)
        held = current.get(key)
        if held is not None and held.path.read_bytes() != file.path.read_bytes():
            message = (
                f"{file.path.name} came again with other content; the newer one counts, both stay in the drop folder"
            )
            findings.append(
                Finding(
                    "L1-STA-022",
                    "warn",
                    "stations",
                    f"stations.{file.kind.name}",
                    message,
                    sample_keys=sample([held.path.name, file.path.name]),
                )
            )
        current[key] = file
    newest = {kind.name: max((f.day for f in current.values() if f.kind is kind), default=None) for kind in KINDS}
    kept = [file for file in current.values() if not file.kind.is_picture or file.day == newest[file.kind.name]]
    return sorted(kept, key=lambda f: (f.kind.name, f.day, f.district or "")), findings


def _check_complete(files: list[_File], business_date: date, refused: list[str]) -> None:
    """Each kind must be there for the business date itself."""
    for kind in KINDS:
        if not any(file.kind is kind and file.day == business_date for file in files):
            refused.append(f"expected a file {kind.name}_…{business_date:%Y%m%d}, found none")


def _check_total(file: _File, sheet: Sheet) -> None:
    """The file's own total row must agree with its rows: sums of numbers, or their count.

    Raises:
        FileRefused: it does not.
    """
    if not sheet.total_cells:
        return
    numeric = [header for header, reader in file.kind.columns.values() if reader is as_integer]
    if not numeric:
        stated = next((as_integer(v) for v in list(sheet.total_cells.values())[1:] if v is not None), None)
        if stated is not None and stated != len(sheet.rows):
            raise FileRefused(f"{sheet.file_name}: its total row says {stated} rows, {len(sheet.rows)} were read")
        return
    for header in numeric:
        stated = as_integer(sheet.total_cells.get(header))
        added = sum(int(float(str(row.cells[header]))) for row in sheet.rows if row.cells[header] is not None)
        if stated is not None and stated != added:
            raise FileRefused(
                f"{sheet.file_name}, sheet {sheet.name}: {header} adds up to {added}, its total row says {stated}"
            )


def _landed(
    file: _File,
    sheet: Sheet,
    row: Row,
    contract: TableContract,
    pseudonyms: Pseudonyms,
    settings: Settings,
    problems: list[_CellProblem],
) -> dict[str, Any]:
    values: dict[str, Any] = {"district_code": file.district, "service_date": file.day}
    for column, (header, reader) in file.kind.columns.items():
        try:
            values[column] = reader(row.cells[header])
        except (ValueError, TypeError, OverflowError) as error:
            values[column] = None
            what = str(error) if str(error).startswith("expected") else "cannot be read"
            problems.append(_CellProblem(sheet.file_name, sheet.name, row.number, header, what))
    if "applicant_key" in values:
        values["applicant_key"] = pseudonyms.person("id_number", values["applicant_key"])
    for name in contract.schema.names:
        if isinstance(values.get(name), datetime):
            values[name] = values[name].replace(tzinfo=settings.zone).astimezone(UTC).replace(tzinfo=None)
    return {name: values.get(name) for name in contract.schema.names}


def _unknown_columns(contract: TableContract, sheet: Sheet) -> list[Finding]:
    if not sheet.unknown_columns:
        return []
    message = f"{sheet.file_name} has columns the contract does not know: {', '.join(sheet.unknown_columns)}; they were not landed"
    return [Finding("L1-STA-021", "info", "stations", contract.full_name, message, rows_seen=len(sheet.rows))]


def _cell_findings(problems: list[_CellProblem]) -> list[Finding]:
    """One finding per file and column with cells that could not be read."""
    grouped: dict[tuple[str, str], list[_CellProblem]] = {}
    for problem in problems:
        grouped.setdefault((problem.file_name, problem.column), []).append(problem)
    return [
        Finding(
            "L1-STA-023", "warn", "stations", f"stations.{file_name.split('_')[0]}",
            f"{file_name}: {len(found)} cells of {column} cannot be read ({found[0].problem}); they are on the feedback sheet",
            column_name=column, rows_failed=len(found), sample_keys=sample([f"row-{p.row}" for p in found]),
        )
        for (file_name, column), found in sorted(grouped.items())
    ]  # fmt: skip


def _write_feedback(folder: Path, problems: list[_CellProblem]) -> None:
    """A sheet per file that says which cells to mend, for the office that sent it. No cell's content is repeated."""
    by_file: dict[str, list[_CellProblem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file_name, []).append(problem)
    for name, found in by_file.items():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{Path(name).stem}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["文件", "工作表", "行", "列", "问题"])
            writer.writerows((p.file_name, p.sheet, p.row, p.column, p.problem) for p in found)
