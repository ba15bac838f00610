"""The reviewed file of waivers: who answers for publishing a KPI although a blocking check failed, why, and until when.

This module reads and writes the file; which waivers hold is decided in the model ``waivers``, beside the findings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from minhu.errors import PermanentError
from minhu.release import authors
from minhu.settings import Settings
from minhu.texts import is_storable, read_toml

if TYPE_CHECKING:
    from minhu.release.release_folder import Release

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("waiver_id", "rule_id", "finding_sha256", "author", "approver", "reason")),
        *((name, pa.date32()) for name in ("approved_on", "expires_on")),
    ]
)


def path_of(settings: Settings) -> Path:
    """The file of a home, ``<home>/waivers.toml``, or else the one of its city in the checkout."""
    own = settings.home / "waivers.toml"
    return own if own.exists() else settings.project_root / "waivers" / f"{settings.city.code}.toml"


def read(settings: Settings) -> pa.Table:
    """All waivers of the file, valid or not, columns of ``SCHEMA``, by id; none where there is no file.

    Raises:
        PermanentError: the file cannot be understood; the message names the waiver and the field.
    """
    path = path_of(settings)
    if not path.exists():
        return SCHEMA.empty_table()
    try:
        found = read_toml(path)
    except (ValueError, OSError) as error:
        raise _refusal(path, str(error)) from error
    if set(found) - {"waiver"} or not isinstance(found.get("waiver", []), list):
        raise _refusal(path, f"expected nothing but [[waiver]] tables, found {', '.join(sorted(found))}")
    waivers = [_checked(path, number, row) for number, row in enumerate(found.get("waiver", []), start=1)]
    for row in waivers:
        if authors.is_same(row["author"], row["approver"]):  # models compare letter by letter
            row["approver"] = row["author"]
    waivers.sort(key=lambda row: row["waiver_id"])
    for one, other in pairwise(waivers):
        if one["waiver_id"] == other["waiver_id"]:
            raise _refusal(path, f"{one['waiver_id']} stands there twice")
    return pa.Table.from_pylist(waivers, schema=SCHEMA)


def write(path: Path, waivers: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with the columns of ``SCHEMA`` (others are left out) as such a file."""
    path.write_text("\n".join(as_toml(row) for row in waivers), encoding="utf-8")


def as_toml(waiver: Mapping[str, Any]) -> str:
    """One waiver as it stands in the file."""
    lines = [f"{name} = {_value(waiver[name])}" for name in SCHEMA.names]
    return "\n".join(["[[waiver]]", *lines, ""])


def proposal(release: Release, path: Path) -> str:
    """What blocks cells in a release, as entries of the file with the fields that a person fills in left empty."""
    findings = release.table("quality_findings")
    blocking = [row for row in findings.to_pylist() if row["severity"] == "block" and row["is_in_marts"]]
    if not blocking:
        return f"# nothing blocks a cell in release {release.release_id}\n"
    entries = [
        "".join(f"# {' '.join(line.split())}\n" for line in (_where(row), row["message"], row.get("detail")) if line)
        + as_toml(dict.fromkeys(SCHEMA.names, "") | {name: row[name] for name in ("rule_id", "finding_sha256")})
        for row in sorted(blocking, key=lambda row: (row["rule_id"], row["finding_sha256"]))
    ]
    head = f"# for {path}, after release {release.release_id}; fill in what is empty, have it reviewed, run the night again\n"
    return "\n".join([head, *entries])


def _where(row: Mapping[str, Any]) -> str:
    """Table, KPI, unit and days of a finding: one that names none of them stands against all."""
    about = {
        "table": ".".join(part for part in (row["table_name"], row["column_name"]) if part),
        "KPI": row.get("kpi_id"),
        "unit": " ".join(part for part in (row["unit_type"], row["unit_code"]) if part),
        "kind of period": row.get("period_type"),
        "from": row["period_from"],
        "to": row["period_to"],
        "records": f"{row['rows_failed']} of {row['rows_seen']}" if row["rows_seen"] else "",
    }
    return ", ".join(f"{name} {value}" for name, value in about.items() if value)


def _value(value: object) -> str:
    # a JSON string is a basic string of TOML: DEL, which JSON leaves bare, is refused where waivers are read
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _checked(path: Path, number: int, row: object) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise _refusal(path, f"waiver {number} is no table")
    named = row.get("waiver_id")
    name = named if named and is_storable(str(named)) else f"waiver {number}"
    if missing := sorted(set(SCHEMA.names) - set(row)):
        raise _refusal(path, f"{name} has no {', '.join(missing)}")
    if unknown := sorted(set(row) - set(SCHEMA.names)):
        raise _refusal(path, f"{name} has {', '.join(unknown)}, which nobody reads")
    for field in SCHEMA:
        value = row[field.name]
        is_date = isinstance(value, date) and not isinstance(value, datetime)
        if field.type == pa.date32() and not is_date:
            raise _refusal(path, f"{name}: expected a date like 2026-11-20 for {field.name}, found {value!r}")
        if field.type == pa.string() and not (isinstance(value, str) and value.strip()):
            raise _refusal(path, f"{name}: expected a text for {field.name}, found {value!r}")
        if isinstance(value, str) and not is_storable(value):
            raise _refusal(path, f"{name}: expected a text without control marks for {field.name}, found {value!r}")
    if not re.search(r"[\u4e00-\u9fff]", row["reason"]):
        raise _refusal(
            path, f"{name}: expected a reason in Chinese, for readers of the figure read it, found {row['reason']!r}"
        )
    if not re.fullmatch("[0-9a-f]{64}", row["finding_sha256"]):
        raise _refusal(path, f"{name}: expected 64 hex digits for finding_sha256, found {row['finding_sha256']!r}")
    return row


def _refusal(path: Path, happened: str) -> PermanentError:
    return PermanentError(
        f"read the waivers in {path}", happened, "mend the file as waivers/README.md says, then run again"
    )
