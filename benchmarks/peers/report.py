"""Runs of peers as a table and a picture."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.peers.measure import Spent
from benchmarks.peers.night import Night


@dataclass(frozen=True)
class Outcome:
    """All runs of one peer.

    Attributes:
        runs: those whose result was the product's.
        reason: why it has no figures; "" if it has.
        is_part: it does a part of the night, so its time is compared with nobody's.
    """

    name: str
    title: str
    versions: dict[str, str] = field(default_factory=dict)
    runs: tuple[Spent, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    is_part: bool = False

    @property
    def is_measured(self) -> bool:
        return bool(self.runs) and not self.reason

    def median(self, figure: str) -> float:
        """Of all runs; ``figure`` is a field of :class:`Spent`."""
        return float(statistics.median(getattr(run, figure) for run in self.runs))


@dataclass(frozen=True)
class Target:
    """A ratio of processor seconds that is aimed at."""

    name: str
    above: str
    below: str
    most: float


TARGETS = (
    Target("own way / one task a model (LOCAL)", "own", "cosmos_local", 0.2),
    Target("own way / one task a model (WATCHER)", "own", "cosmos_watcher", 0.5),
    Target("own way / SQLMesh", "own", "sqlmesh_models", 0.8),
    Target("own way / bare DuckDB", "own", "bare_duckdb", 1.2),
    Target("`dbt build` on the command line / bare DuckDB", "dbt_command_line", "bare_duckdb", 1.2),
)


def kept(results: Path, night: Night) -> dict[str, Outcome]:
    """Outcomes by name that were written before; none of another night or of other models."""
    if not results.exists():
        return {}
    written = json.loads(results.read_text(encoding="utf-8"))
    if written["night"] != {"business_date": night.business_date, **night.size}:
        return {}
    fields = [{name: value for name, value in peer.items() if name != "medians"} for peer in written["peers"]]
    return {peer["name"]: Outcome(**{**peer, "runs": tuple(Spent(**run) for run in peer["runs"])}) for peer in fields}


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown, one row a peer; who has no figures has the reason in their place."""
    own = next((o for o in outcomes if o.name == "own" and o.is_measured), None)
    lines = [
        "| way | processor, s | wall, s | peak memory, MiB | runs | times the product's processor |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for outcome in outcomes:
        if not outcome.is_measured:
            lines.append(f"| {outcome.title} | not measured: {outcome.reason or 'no run'} | | | | |")
            continue
        cpu = outcome.median("cpu_s")
        times = f"{cpu / own.median('cpu_s'):.2f}" if own and not outcome.is_part else ""
        lines.append(
            f"| {outcome.title} | {cpu:.1f} | {outcome.median('wall_s'):.1f} | {outcome.median('peak_mib'):,.0f} | "
            f"{len(outcome.runs)} | {times} |"
        )
    return "\n".join(lines)


def ratios(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Every target with what was found; one that was not measured has no value and is not met."""
    by_name = {outcome.name: outcome for outcome in outcomes if outcome.is_measured}
    found = []
    for target in TARGETS:
        above, below = by_name.get(target.above), by_name.get(target.below)
        value = round(above.median("cpu_s") / below.median("cpu_s"), 3) if above and below else None
        is_met = value is not None and value <= target.most
        found.append({"name": target.name, "value": value, "target": target.most, "met": is_met})
    return found


def picture(outcomes: Sequence[Outcome]) -> str:
    """SVG: bars of processor seconds (light: wall), on a logarithmic scale, for they differ by hundreds."""
    import math

    measured = [outcome for outcome in outcomes if outcome.is_measured]
    left, width, row = 330, 430, 34
    highest = max((max(o.median("cpu_s"), o.median("wall_s")) for o in measured), default=1.0)

    def long(seconds: float) -> float:
        return width * math.log10(1 + seconds) / math.log10(1 + highest)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 90} {row * len(measured) + 40}" '
        'font-family="sans-serif" font-size="13"><title>One night by each way: seconds, logarithmic</title>',
        f'<text x="{left}" y="16" fill="#444">seconds, logarithmic: processor (dark), wall (light)</text>',
    ]
    for number, outcome in enumerate(measured):
        y, cpu, wall = 28 + row * number, outcome.median("cpu_s"), outcome.median("wall_s")
        plain = outcome.title.replace("`", "")
        parts += [
            f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{escape(plain)}</text>',
            f'<rect x="{left}" y="{y}" width="{long(cpu):.1f}" height="13" fill="#2b5c8a"/>',
            f'<rect x="{left}" y="{y + 14}" width="{long(wall):.1f}" height="8" fill="#a9c4dd"/>',
            f'<text x="{left + max(long(cpu), long(wall)) + 6:.1f}" y="{y + 13}">{cpu:,.1f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
