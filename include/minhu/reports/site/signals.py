"""Signals of a release as a reader is told them."""

from __future__ import annotations

from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site.reading import Row

#: Whether the process meets its target, as a sentence.
ASSURANCES = {
    "always": Words("照此运行，总能达标", "as it runs, it always meets the target"),
    "sometimes": Words("照此运行，时而达标、时而不达", "as it runs, it meets the target at times"),
    "never": Words("照此运行，达不到目标", "as it runs, it will not meet the target"),
}


def signal_words(row: Row | None) -> Words | None:
    """The signal with its direction; None where there is none."""
    if row is None or row["signal"] in (None, "none"):
        return None
    said = words.of(row["signal"], words.SIGNALS)
    toward = words.SIGNAL_DIRECTIONS.get(row["signal_direction"] or "")
    return Words(f"{said.zh}（{toward.zh}）", f"{said.en} ({toward.en})") if toward else said
