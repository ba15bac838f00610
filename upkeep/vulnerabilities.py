"""Known vulnerabilities of a lock, by pip-audit, from a source that has shown that it answers.

pip-audit passes over packages its source does not have and then says that it found nothing, which is what a mirror
without such records looks like. So a source is asked first about a version that is known to be vulnerable.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: The services that pip-audit can ask.
SOURCES = ("pypi", "osv")
#: A version with a vulnerability that every source knows since 2019 (CVE-2019-10906).
CANARY = ("jinja2", "2.4.1")
_Ask = Callable[[str, Path], dict[str, Any] | None]


@dataclass(frozen=True)
class Known:
    """What a source says of a lock.

    Attributes:
        source: the one that answered; None where none did.
        found: per vulnerability a sentence: package, version, its ids, and where it is mended.
        unknown: packages that the source does not have, about which it says nothing.
    """

    source: str | None
    found: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def ask(source: str, lock: Path) -> dict[str, Any] | None:
    """The report of pip-audit on a lock; None where its source cannot be reached."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--disable-pip", "--no-deps", "--vulnerability-service",
        source, "--format", "json", "--progress-spinner", "off", "--timeout", "20",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None
    return report if isinstance(report, dict) else None


def known(locks: Sequence[Path], asking: _Ask = ask) -> Known:
    """What the first source that answers says of several locks."""
    with TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        canary.write_text("==".join(CANARY) + "\n", encoding="utf-8")
        source = next((name for name in SOURCES if _found(asking(name, canary))), None)
    if source is None:
        return Known(None)
    reports = [report for lock in locks if (report := asking(source, lock)) is not None]
    if len(reports) < len(locks):
        return Known(None)
    found = sorted({sentence for report in reports for sentence in _found(report)})
    unknown = sorted({row["name"] for report in reports for row in report["dependencies"] if "skip_reason" in row})
    return Known(source, tuple(found), tuple(unknown))


def _found(report: dict[str, Any] | None) -> list[str]:
    return [
        f"{row['name']} {row['version']}: {', '.join([flaw['id'], *flaw.get('aliases', ())])}, "
        f"mended in {', '.join(flaw.get('fix_versions') or ['no version'])}"
        for row in (report or {}).get("dependencies", [])
        for flaw in row.get("vulns", [])
    ]
