"""The drop folder of the returns: which workbooks were delivered, and what is wrong with the names of the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from minhu import atomic
from minhu.errors import PermanentError
from minhu.extract import normal
from minhu.extract.returns.workbooks import WORKBOOKS, Period, period_of
from minhu.extract.spreadsheets.feedback import FEEDBACK_SUFFIX
from minhu.extract.spreadsheets.problems import Fault, Problem, fault
from minhu.findings import Finding
from minhu.texts import file_name

LARGEST_FILE_BYTES = 50 * 1024 * 1024
_FILE = re.compile(
    rf"(?P<workbook>{'|'.join(WORKBOOKS)})(?P<period>.*?)(?:\s*-\s*副本|\(\d+\))*\.(?P<suffix>\w+)", re.IGNORECASE
)
_LITTER = re.compile(
    rf"[.~].*|Thumbs\.db|desktop\.ini|.*\.(part|filepart|tmp)|.*{FEEDBACK_SUFFIX}\.xlsx", re.IGNORECASE
)
#: A name of these words alone names nobody and may be said.
_SAYABLE = re.compile(rf"(?:{'|'.join(WORKBOOKS)}|[0-9A-Za-z._() -]|[年月日份第季度上下半一二三四]|{FEEDBACK_SUFFIX})*")


@dataclass(frozen=True)
class ReturnFile:
    """A workbook of a known subject, delivered in the folder of a day, about a period."""

    path: Path
    workbook: str
    delivered_on: date
    period: Period


@dataclass
class Delivery:
    """What counts of the workbooks in the window, and what was noticed about the others: files, and what is wrong."""

    files: list[ReturnFile] = field(default_factory=list)
    noticed: list[tuple[Path, Problem]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_delivery(folder: Path, first: date, business_date: date) -> Delivery:
    """Workbooks of the window; of several with one subject, period and day, the last by name.

    Args:
        folder: the drop folder, with a folder ``YYYY-MM-DD`` for each day on which something was delivered.
        first: first day folder to read.
        business_date: last one.

    Raises:
        PermanentError: a link leads out of the drop folder.
    """
    delivery = Delivery()
    strangers: list[Path] = []
    files: dict[tuple[date, str, str], list[ReturnFile]] = {}
    for day, path in _delivered(folder, first, business_date):
        found = _recognised(path, folder, day)
        if isinstance(found, ReturnFile):
            files.setdefault((day, found.workbook, found.period.name), []).append(found)
        else:
            strangers.append(path)
            delivery.noticed.append((path, Problem(file_name(path), "", None, "", found)))
    for key in sorted(files):
        *others, last = files[key]
        delivery.files.append(last)
        _notice_repeated(delivery, last, others)
    if strangers:
        delivery.findings.append(_of_strangers([file_name(path) for path in strangers]))
    return delivery


def is_sayable(name: str) -> bool:
    """Whether a file's name names nobody."""
    return bool(_SAYABLE.fullmatch(normal.plain(name)))


def _delivered(folder: Path, first: date, business_date: date) -> Iterator[tuple[date, Path]]:
    for day_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            day = date.fromisoformat(day_folder.name)
        except ValueError:
            continue
        if first <= day <= business_date:
            yield from ((day, path) for path in sorted(day_folder.iterdir()) if not _LITTER.fullmatch(path.name))


def _recognised(path: Path, folder: Path, day: date) -> ReturnFile | Fault:
    """A return, or what is wrong with its name or size."""
    match = _FILE.fullmatch(normal.plain(file_name(path)))
    example = f"{next(iter(WORKBOOKS))}_{day:%Y-%m}.xlsx"
    if match is None:
        return fault("not_a_name_of_a_return", example=example, subjects="、".join(WORKBOOKS))
    period = period_of(match["period"], day)
    if period is None:
        return fault("not_a_period_in_name", example=f"{match['workbook']}_{day:%Y-%m}.xlsx")
    if match["suffix"].lower() != "xlsx":
        return fault("other_kind_of_file", expected="XLSX", found=match["suffix"].upper())
    if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
        raise PermanentError(
            f"read {file_name(path)}", "it leads out of the drop folder", "remove the link and send the file itself"
        )
    if not path.is_file() or path.stat().st_size > LARGEST_FILE_BYTES:
        return fault("file_too_large", most=LARGEST_FILE_BYTES)
    return ReturnFile(path, match["workbook"], day, period)


def _notice_repeated(delivery: Delivery, last: ReturnFile, others: list[ReturnFile]) -> None:
    digest = _digest(last.path)
    differing = [file for file in others if _digest(file.path) != digest]
    if not differing:
        return
    counted = file_name(last.path)
    what = fault("file_repeated", counted=counted)
    delivery.noticed += [(file.path, Problem(file_name(file.path), "", None, "", what)) for file in differing]
    says = f"{counted} of {last.delivered_on} counts; {len(differing)} others about its subject and period came the same day"
    delivery.findings.append(
        Finding(
            "L1-RET-027", "warn", "returns", f"returns.{WORKBOOKS[last.workbook][0].name}", says,
            period_from=last.period.first.isoformat(), period_to=last.period.last.isoformat(), rows_failed=len(differing),
        )
    )  # fmt: skip


def _digest(path: Path) -> str:
    try:
        return atomic.sha256_of(path)
    except OSError:
        return ""  # reading it will say what is wrong


def _of_strangers(names: list[str]) -> Finding:
    """Files nobody reads. Names that might name someone are only counted; their office is told them."""
    sayable = [name for name in names if is_sayable(name)]
    said = f": {', '.join(sayable)}" if sayable else ""
    message = (
        f"{len(names)} files have no name of a return (subject, then a period such as 2026Q3, then .xlsx), or are too large; "
        f"they were not read{said}"
    )
    return Finding("L1-RET-024", "warn", "returns", "returns.deliveries", message, rows_failed=len(names))
