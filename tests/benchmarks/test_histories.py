"""What `make bench` tells of nights on histories of several lengths."""

from __future__ import annotations

from typing import Any

from benchmarks.histories import table


def history(days: int, build: float, mib: float) -> dict[str, Any]:
    stage = {"processor_s": build, "wall_s": 2 * build}
    return {
        "days": days, "rows landed": 1000 * days, "cells published": days, "fill_s": 60.0, "peak_mib": mib,
        "night": {"build": stage, "checks": {"processor_s": 1.0, "wall_s": 1.0}},
    }  # fmt: skip


def test_each_history_is_held_against_the_first() -> None:
    lines = table([history(30, 3.0, 1000.0), history(365, 5.0, 1250.0)]).splitlines()
    assert lines[0] == "| days of history | 30 | 365 |"
    assert "| rows landed | 30,000 | 365,000 |" in lines
    assert "| build | 3.0 | 5.0 |" in lines
    assert "| the night, processor, s | 4.0 | 6.0 |" in lines
    assert [line for line in lines if line.startswith("| of the first")] == [
        "| of the first | 1.00 | 1.50 |",
        "| of the first | 1.00 | 1.25 |",
    ]
