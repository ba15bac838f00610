"""``make audit``: known vulnerabilities, ages, licences and the bill of materials of what is locked.

Ends with 1 where a vulnerability is known, or a package has a licence that nobody looked at; whatever else is told.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from upkeep import licences, lock, registry, vulnerabilities
from upkeep.lock import Pin
from upkeep.registry import Offer

#: Of the oldest packages so many are named: age alone is no fault.
OLDEST = 10


@dataclass(frozen=True)
class Age:
    """How a locked package stands against the registry."""

    pin: Pin
    uploaded: date | None
    newest_patch: str | None
    is_yanked: bool


def age(pin: Pin, offered: list[Offer]) -> Age:
    """When the locked version came out, whether it was taken back, and whether a newer patch of it is out."""
    own = [offer for offer in offered if offer.version == pin.version]
    patch = registry.newest_patch(pin.version, offered)
    return Age(pin, own[0].uploaded if own else None, str(patch) if patch else None, bool(own) and own[0].is_yanked)


def ages(pins: Mapping[str, Pin]) -> list[Age] | None:
    """Ages of all; None where the registry cannot be reached."""
    import requests

    try:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda pin: age(pin, registry.offers(pin.name)), pins.values()))
    except requests.RequestException:
        return None


def told_vulnerabilities(known: vulnerabilities.Known, packages: int) -> Iterator[str]:
    """What is said of vulnerabilities."""
    if known.source is None:
        yield (
            f"NOT CHECKED for known vulnerabilities: of {', '.join(vulnerabilities.SOURCES)} none answered with records. "
            "What follows of ages is no substitute; run this again where api.osv.dev or pypi.org can be reached."
        )
        return
    yield f"{len(known.found)} known vulnerabilities in {packages} packages, by {known.source}"
    yield from known.found
    if known.unknown:
        yield f"not known there, so not checked: {', '.join(known.unknown)}"


def told_ages(found: list[Age] | None, today: date) -> Iterator[str]:
    """What is said of ages and of newer patches."""
    if found is None:
        yield "the registry cannot be reached: nothing is known of ages and of newer versions"
        return
    dated = sorted((one.uploaded, one.pin.name, one) for one in found if one.uploaded)
    days = sorted((today - uploaded).days for uploaded, _, _ in dated)
    if days:
        yield f"ages on {today}: half of {len(days)} versions are older than {days[len(days) // 2]} days"
        oldest = [f"{name} {one.pin.version} ({uploaded})" for uploaded, name, one in dated[:OLDEST]]
        yield f"oldest: {', '.join(oldest)}"
    undated = [one.pin.name for one in found if one.uploaded is None]
    if undated:
        yield f"the registry does not say when these came out, or has them no more: {', '.join(undated)}"
    patches = [f"{one.pin.name} {one.pin.version} -> {one.newest_patch}" for one in found if one.newest_patch]
    yield f"{len(patches)} packages have a newer patch of their minor version: {', '.join(patches) or 'none'}"
    yield from (f"TAKEN BACK by its authors: {one.pin.name} {one.pin.version}" for one in found if one.is_yanked)


def told_licences(judged: licences.Judged) -> Iterator[str]:
    """What is said of licences."""
    yield f"licences: {len(judged.permissive)} permissive, {len(judged.looked_at)} looked at"
    yield from judged.looked_at
    yield from (f"LOOK AT {row}: then write it into upkeep/licences.toml" for row in judged.to_look_at)
    yield from (
        f"UNKNOWN licence of {name}, or it is not installed: then write it into upkeep/licences.toml"
        for name in judged.unknown
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--environment", type=Path, default=Path(".venv"), help="in which the locks are installed")
    options.add_argument("--out", type=Path, default=Path("var/audit"))
    options.add_argument("--on", type=date.fromisoformat, default=None, help="day to count ages on, today without it")
    asked = options.parse_args()
    today = asked.on or date.today()  # noqa: DTZ011  what people call today; ages are counted in days
    locks = [Path("requirements.txt"), Path("requirements-dev.txt")]
    runtime, development = (lock.read(path) for path in locks)
    pins = {**development, **runtime}
    site = Path(sysconfig.get_path("purelib", vars={"base": str(asked.environment)}))
    decided = licences.rules()
    stated = licences.installed(site, decided.words)
    judged = licences.judge(list(pins), stated, decided)
    known = vulnerabilities.known(locks)
    lines = [
        *told_vulnerabilities(known, len(pins)), *told_ages(ages(pins), today), *told_licences(judged)
    ]  # fmt: skip

    from upkeep import bill_of_materials  # last, for only this environment has what it needs

    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    digest = hashlib.sha256(locks[0].read_bytes()).hexdigest()
    bill = bill_of_materials.written(project["name"], project["version"], digest, runtime, stated, site)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "sbom.cdx.json").write_text(bill, encoding="utf-8")
    lines.append(f"bill of materials of {len(runtime)} packages: {asked.out / 'sbom.cdx.json'}")
    report = "\n".join(lines) + "\n"
    (asked.out / "report.txt").write_text(report, encoding="utf-8")
    sys.stdout.write(report)
    return 1 if known.found or judged.to_look_at or judged.unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
