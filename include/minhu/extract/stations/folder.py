"""The drop folder of the stations: which files were delivered, and which of them count."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from minhu.errors import PermanentError, TransientError
from minhu.extract import privacy
from minhu.extract.spreadsheets.feedback import FEEDBACK_SUFFIX
from minhu.extract.spreadsheets.problems import Fault, Problem, fault
from minhu.extract.stations.kinds import KINDS, FileKind
from minhu.findings import Finding, sample
from minhu.texts import file_name

LARGEST_FILE_BYTES = 200 * 1024 * 1024
#: What file systems and transfers leave lying about, and our own feedback sent back.
_LITTER = re.compile(
    rf"[.~].*|Thumbs\.db|desktop\.ini|.*\.(part|filepart|tmp)|.*{FEEDBACK_SUFFIX}\.xlsx", re.IGNORECASE
)


@dataclass(frozen=True)
class StationFile:
    """A file of a known kind.

    Attributes:
        path: where it lies, below the folder of the day on which it was delivered.
        kind: what it holds.
        day: the day in its name.
        district: the district in its name, if its kind has one.
        copy: number of the repetition its name speaks of, 0 for none.
    """

    path: Path
    kind: FileKind
    day: date
    district: str | None
    copy: int

    @property
    def delivered(self) -> str:
        return self.path.parent.name


@dataclass(frozen=True)
class LostFile:
    """A file of one district that cannot be used: the district lacks its day, the others do not."""

    kind: FileKind
    district: str
    day: date
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Delivery:
    """What counts of the files in the window, and what was noticed about the others.

    Attributes:
        files: that count.
        problems: what refuses the delivery as a whole.
        lost: what refuses the file of one district.
        noticed: what has to be mended and refuses nothing.
        findings: about the files.
    """

    files: tuple[StationFile, ...]
    problems: tuple[Problem, ...]
    lost: tuple[LostFile, ...]
    noticed: tuple[Problem, ...]
    findings: tuple[Finding, ...]


def read_delivery(folder: Path, first: date, business_date: date) -> Delivery:
    """The files delivered from ``first`` to ``business_date``.

    Args:
        folder: the drop folder, with one folder ``YYYY-MM-DD`` a business date.
        first: first day folder to read.
        business_date: last one; each kind of file must be there for it.

    Raises:
        TransientError: the drop folder, or the folder of the date, is not there (yet).
        PermanentError: a link leads out of the drop folder.
    """
    if not folder.is_dir():
        raise TransientError(
            "read the station files", f"the drop folder {folder} does not exist", "mount it, or correct minhu_stations"
        )
    delivered: list[StationFile] = []
    problems: list[Problem] = []
    lost: list[LostFile] = []
    strangers: list[str] = []
    for day_folder in sorted(path for path in folder.iterdir() if _day_of(path) is not None):
        if first <= (_day_of(day_folder) or date.max) <= business_date:
            for path in sorted(day_folder.iterdir()):
                found = _recognised(path, folder, business_date)
                if isinstance(found, StationFile):
                    delivered.append(found)
                elif isinstance(found, Problem):
                    problems.append(found)
                elif isinstance(found, LostFile):
                    lost.append(found)
                elif not _LITTER.fullmatch(path.name) and day_folder.name == business_date.isoformat():
                    strangers.append(file_name(path))
    if not problems and not lost and not any(file.delivered == business_date.isoformat() for file in delivered):
        raise TransientError(
            f"read the station files of {business_date}",
            f"no file in {folder / business_date.isoformat()}",
            "wait for the delivery and run the date again",
        )
    current = _current(delivered)
    files = _newest_snapshots(list(current.values()))
    findings = [
        *_repeated(delivered, current),
        *_stranger_findings(strangers),
        *_silent_districts(files, business_date),
    ]
    names = fault("not_a_name_of_a_station_file", examples=", ".join(kind.example(business_date) for kind in KINDS))
    noticed = [Problem(name, "", None, "", names) for name in strangers if privacy.code_or_none(name)]
    refused = (*problems, *_missing(files, business_date))
    return Delivery(tuple(files), refused, tuple(lost), tuple(noticed), tuple(findings))


def _day_of(path: Path) -> date | None:
    try:
        return date.fromisoformat(path.name) if path.is_dir() else None
    except ValueError:
        return None


def _recognised(path: Path, folder: Path, business_date: date) -> StationFile | LostFile | Problem | None:
    """A file of a known kind, or what is wrong with it; None if it is not ours."""
    for kind in KINDS:
        match = kind.pattern.fullmatch(path.name)
        if match is None:
            continue
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            raise PermanentError(
                f"read {file_name(path)}", "it leads out of the drop folder", "remove the link and send the file itself"
            )
        district, day = match.groupdict().get("district"), _day_in_name(match["date"])
        what = _fault_of(path, day, business_date)
        if day is None or what is not None:
            problem = Problem(path.name, "", None, "", what or fault("impossible_day_in_name"))
            lacking = min(day or date.max, _day_of(path.parent) or business_date)
            return LostFile(kind, district, lacking, (problem,)) if district else problem
        copy = re.sub(r"\D", "", match["copy"], flags=re.ASCII)
        is_copy = bool(match["copy"].strip())
        return StationFile(path, kind, day, district, int(copy) if copy else int(is_copy))
    return None


def _fault_of(path: Path, day: date | None, business_date: date) -> Fault | None:
    """What is wrong with a file of a known kind as a whole."""
    if day is None:
        return fault("impossible_day_in_name")
    if day > business_date:
        return fault("later_day_in_name", business_date=business_date.isoformat())
    if not path.is_file() or path.stat().st_size > LARGEST_FILE_BYTES:
        return fault("file_too_large", most=LARGEST_FILE_BYTES)
    return None


def _day_in_name(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a calendar day
    except ValueError:
        return None


def _current(files: Sequence[StationFile]) -> dict[tuple[str, date, str | None], StationFile]:
    """Of files that say they are the same one, the one delivered last; within a folder, the highest repetition."""
    ordered = sorted(files, key=lambda f: (f.delivered, f.copy, f.path.name))
    return {(file.kind.name, file.day, file.district): file for file in ordered}


def _newest_snapshots(files: Sequence[StationFile]) -> list[StationFile]:
    newest = {kind.name: max((f.day for f in files if f.kind is kind), default=None) for kind in KINDS}
    kept = [file for file in files if not file.kind.is_snapshot or file.day == newest[file.kind.name]]
    return sorted(kept, key=lambda f: (f.kind.name, f.day, f.district or ""))


def _repeated(files: Sequence[StationFile], current: dict[tuple[str, date, str | None], StationFile]) -> list[Finding]:
    findings = []
    for key, winner in sorted(current.items(), key=lambda item: str(item[0])):
        others = [f for f in files if (f.kind.name, f.day, f.district) == key and f is not winner]
        differing = [f for f in others if _digest(f.path) != _digest(winner.path)]
        if differing:
            message = (
                f"{winner.path.name} of {winner.delivered} counts; the same file came with other content before, "
                "both stay in the drop folder"
            )
            findings.append(
                Finding(
                    "L1-STA-022", "warn", "stations", winner.kind.contract.full_name, message,
                    rows_seen=1 + len(others), rows_failed=len(differing),
                    sample_keys=sample([f.path.name.replace(" ", "_") for f in (winner, *differing)]),
                )
            )  # fmt: skip
    return findings


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""  # reading it will say what is wrong


def _stranger_findings(names: Sequence[str]) -> list[Finding]:
    """Files nobody reads: a misspelt name must not go unseen. Names that might name someone are only counted."""
    if not names:
        return []
    sayable = [name for name in names if privacy.code_or_none(name)]
    said = f": {', '.join(sayable[:5])}" if sayable else ""
    message = f"{len(names)} files in the folder of the day have a name of no known kind and were not read{said}"
    return [
        Finding("L1-STA-024", "warn", "stations", "stations", message, rows_seen=len(names), rows_failed=len(names))
    ]


def _silent_districts(files: Sequence[StationFile], business_date: date) -> list[Finding]:
    """Districts that sent their cases for the day before that was delivered, and not for this one."""
    cases = [file for file in files if file.district is not None]
    before = max((file.day for file in cases if file.day < business_date), default=None)
    sent = {day: {file.district or "" for file in cases if file.day == day} for day in (before, business_date)}
    if not sent[business_date]:
        return []  # then no case file came at all, which is a problem of its own
    return [
        Finding(
            "L1-STA-025", "warn", "stations", "stations.cases",
            f"district {district} sent its cases for {before} and not for {business_date}",
            unit_type="district", unit_code=district, period_from=business_date.isoformat(),
            period_to=business_date.isoformat(), rows_seen=len(sent[before]), rows_failed=1, sample_keys=district,
        )
        for district in sorted(sent[before] - sent[business_date])
    ]  # fmt: skip


def silent_days(files: Sequence[StationFile], last_accepted: date | None, business_date: date) -> list[Finding]:
    """Days since the last accepted delivery of which nothing came; what happened then may stay unknown.

    Args:
        files: that count.
        last_accepted: business date of the last accepted delivery before, None if there was none.
        business_date: local day.
    """
    if last_accepted is None:
        return []
    days = [last_accepted + timedelta(days=n) for n in range(1, (business_date - last_accepted).days)]
    findings = []
    for kind in KINDS:
        silent = [day for day in days if not any(file.kind is kind and file.day == day for file in files)]
        if silent and not kind.is_snapshot:
            findings.append(
                Finding(
                    "L1-STA-028", "warn", "stations", kind.contract.full_name,
                    f"no file of {len(silent)} days since the last delivery, {silent[0]} to {silent[-1]}",
                    period_from=silent[0].isoformat(), period_to=silent[-1].isoformat(),
                    rows_seen=len(days), rows_failed=len(silent), sample_keys=sample([d.isoformat() for d in silent]),
                )
            )  # fmt: skip
    return findings


def _missing(files: Sequence[StationFile], business_date: date) -> list[Problem]:
    """Each kind must be there for the business date itself."""
    return [
        Problem(f"{kind.name}_{business_date:%Y%m%d}", "", None, "", fault("file_missing"))
        for kind in KINDS
        if not any(file.kind is kind and file.day == business_date for file in files)
    ]
