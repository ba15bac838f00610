"""``make bench-peers``: one landed night built by the product and by what a user would pick instead.

    python -m benchmarks.peers [--scale 0.01] [--days 40] [--runs 3] [--only NAME …] [--again]

Peers take turns, so that what the machine does meanwhile falls on all of them. A run counts only if what it published is
the product's, table by table. One that cannot run says why in the table.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
from rich.console import Console

from benchmarks.peers import NAMES, measure, report
from benchmarks.peers.night import ROOT, Night, differing, environ, expected_outcome, outcome
from benchmarks.peers.report import Outcome

RESULTS = ROOT / "benchmarks" / "results" / "peers.json"
PICTURE = ROOT / "docs" / "peers.svg"
PYTHONS = {"product": ".venv", "peers": ".venv-peers", "sqlmesh": ".venv-sqlmesh", "spark": ".venv-spark"}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.01, help="size of the city; 1.0 is Xi'an")
    parser.add_argument("--days", type=int, default=40, help="days of history that land in the night")
    parser.add_argument("--runs", type=int, default=3, help="of each peer; slow ones run once")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--again", action="store_true", help="take the night that stands in --home")
    parser.add_argument("--home", type=Path, default=ROOT / "var" / "peers" / "night", help="scratch folder")
    parser.add_argument("--timeout", type=float, default=3600.0, help="seconds, of one run")
    parser.add_argument(
        "--python",
        nargs="*",
        default=[],
        metavar="ENVIRONMENT=PATH",
        help="instead of .venv, .venv-peers, .venv-sqlmesh, .venv-spark",
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures are written")
    parser.add_argument("--picture", type=Path, default=PICTURE, help="where they are drawn")
    options = parser.parse_args()
    console = Console(width=140)
    pythons = {name: ROOT / folder / "bin" / "python" for name, folder in PYTHONS.items()}
    pythons.update({name: Path(path) for name, path in (pair.split("=", 1) for pair in options.python)})
    night = _night(options, console)
    expected = expected_outcome(night)
    names = [name for name in NAMES if name in options.only]
    modules = {name: importlib.import_module(f"benchmarks.peers.{name}") for name in names}
    outcomes = {
        name: Outcome(name, module.TITLE, is_part=getattr(module, "IS_PART", False)) for name, module in modules.items()
    }
    for name in names:
        outcomes[name] = _prepared(night, outcomes[name], modules[name], pythons, console)
    for turn in range(options.runs):
        for name in names:
            if not outcomes[name].reason and turn < getattr(modules[name], "MOST_RUNS", options.runs):
                console.print(f"run {turn + 1} of {name}")
                outcomes[name] = _run(night, outcomes[name], modules[name], pythons, expected, options.timeout)
                console.print(f"  {outcomes[name].reason or asdict(outcomes[name].runs[-1])}", highlight=False)
                _write(night, outcomes, options)  # what is measured stays, also where the next run is cut off
    _tell(_write(night, outcomes, options), options, console)


def _night(options: argparse.Namespace, console: Console) -> Night:
    folder = options.home.resolve()
    if options.again and (folder / "night.json").exists():
        return Night.read(folder)
    from benchmarks.peers import landed
    from minhu.standalone import nightly

    return landed.prepare(folder, nightly.Simulation(options.days, options.scale, 7), console.print)


def _prepared(
    night: Night, outcome_: Outcome, module: ModuleType, pythons: dict[str, Path], console: Console
) -> Outcome:
    python = pythons[module.PYTHON]
    if not python.exists():
        return replace(outcome_, reason=f"no environment at {python}")
    night.folder_of(outcome_.name).mkdir(parents=True, exist_ok=True)
    if hasattr(module, "prepare"):
        console.print(f"preparing {outcome_.name}")
        night.start(outcome_.name)
        said = _beside(python, "prepare", outcome_.name, night)
        if said:
            return replace(outcome_, reason=f"could not be prepared: {said}")
    return outcome_


def _beside(python: Path, verb: str, name: str, night: Night) -> str:
    """Something of a peer that is not timed; "" or the end of what it said when it failed."""
    log = night.folder_of(name) / f"{verb}.txt"
    with log.open("w") as output:
        command = [str(python), "-m", "benchmarks.peers.process", verb, name, night.folder]
        done = subprocess.run(command, env=environ(), stdout=output, stderr=subprocess.STDOUT, check=False)
    return _last_line(log) if done.returncode else ""


def _run(
    night: Night,
    outcome_: Outcome,
    module: ModuleType,
    pythons: dict[str, Path],
    expected: dict[str, str],
    timeout_s: float,
) -> Outcome:
    folder = night.folder_of(outcome_.name)
    night.start(outcome_.name)
    command = [str(pythons[module.PYTHON]), "-m", "benchmarks.peers.process", "run", outcome_.name, night.folder]
    spent = measure.run(command, environ(), folder / "log.txt", timeout_s)
    if spent.exit_code is None:
        return replace(outcome_, reason=f"longer than {timeout_s:.0f} s")
    if spent.exit_code:
        return replace(outcome_, reason=f"failed: {_last_line(folder / 'log.txt')}")
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    if hasattr(module, "collect") and (said := _beside(pythons[module.PYTHON], "collect", outcome_.name, night)):
        return replace(outcome_, reason=f"its tables could not be read: {said}")
    if not outcome_.is_part:  # one that does a part compares it itself
        wrong = differing(expected, outcome(night.work_file_of(outcome_.name)))
        if wrong:
            return replace(outcome_, reason=f"{len(wrong)} published tables differ: {'; '.join(wrong[:3])}")
    return replace(outcome_, runs=(*outcome_.runs, spent), versions=told["versions"], details=told["details"])


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def _write(night: Night, measured: dict[str, Outcome], options: argparse.Namespace) -> list[Outcome]:
    """Figures and picture of all peers, with those kept from before; returns them in the order of the table."""
    known = {**report.kept(options.results, night), **measured}
    outcomes = [known[name] for name in NAMES if name in known]
    result: dict[str, Any] = {
        "machine": {
            "cpus": os.cpu_count(), "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "system": platform.platform(), "python": platform.python_version(), "load_at_end": os.getloadavg()[0],
        },
        "night": {"business_date": night.business_date, **night.size},
        "peers": [
            {**asdict(o), "medians": {f: o.median(f) for f in ("cpu_s", "wall_s", "peak_mib")} if o.is_measured else None}
            for o in outcomes
        ],
        "ratios": report.ratios(outcomes),
    }  # fmt: skip
    options.results.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    options.picture.write_text(report.picture(outcomes), encoding="utf-8")
    return outcomes


def _tell(outcomes: list[Outcome], options: argparse.Namespace, console: Console) -> None:
    console.print(report.table(outcomes), highlight=False)
    for ratio in report.ratios(outcomes):
        console.print(
            f"{'met' if ratio['met'] else 'MISSED':7} {ratio['name']}: {ratio['value']} (target {ratio['target']})"
        )
    console.print(f"written to {options.results} and {options.picture}")


if __name__ == "__main__":
    sys.exit(main())
