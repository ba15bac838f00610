"""What a night costs in cities of several sizes: the same days and stages, and how cost grows above what a night costs anyway.

    python -m benchmarks.sizes [--scales 0.01 0.1 1.0] [--days 30] [--home var/benchmark/sizes]

Each size is ten times the one before. Of a cost ``fixed + a * rows ** exponent`` the fixed part cancels in differences, so the
exponent is the logarithm, to the base of ten, of (third - second) / (second - first). Written to results/sizes.json.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from rich.console import Console

from benchmarks.histories import Figures, machine, measured, table, total

RESULTS = Path(__file__).parent / "results" / "sizes.json"
TARGET = 1.0


def main() -> None:
    """Measure each size in a process of its own, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--scales", type=float, nargs=3, default=[0.01, 0.1, 1.0], help="three sizes, each as many times the one before"
    )
    parser.add_argument("--days", type=int, default=30, help="history under the nights")
    parser.add_argument("--home", type=Path, default=Path("var/benchmark/sizes"), help="scratch folder")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures are written")
    options = parser.parse_args()
    console = Console(width=120)
    sizes: list[Figures] = []
    for scale in options.scales:
        console.rule(f"scale {scale:g}, {options.days} days")
        sizes.append({"scale": scale, **measured(options.home / f"{scale:g}", options.days, scale)})
    found = exponent([total(size) for size in sizes], options.scales[1] / options.scales[0])
    result = {"machine": machine(), "days": options.days, "exponent": found, "sizes": sizes}
    options.results.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(table(sizes, "size of the city", "scale"), markup=False, highlight=False)
    mark = "met" if found <= TARGET else "MISSED"
    console.print(f"{mark}: exponent of cost above the fixed cost {found} (target {TARGET})")
    console.print(f"written to {options.results}")


def exponent(costs: list[float], times: float) -> float:
    """Of the growth of three costs, each at ``times`` the rows of the one before, above a cost that all have."""
    first, second, third = costs
    return round(math.log((third - second) / (second - first), times), 2)


if __name__ == "__main__":
    main()
