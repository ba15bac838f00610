"""Signals of a release as a reader is told them."""

from __future__ import annotations

from minhu.reports.presentation.values import Words
from minhu.reports.site.reading import Row

SIGNALS = {
    "none": Words("无信号", "no signal"),
    "outside": Words("超出控制限", "outside the limits"),
    "shift": Words("整体偏移", "shift"),
    "trend": Words("持续升降", "trend"),
    "near_limits": Words("接近控制限", "near the limits"),
}
DIRECTIONS = {"better": Words("好转", "better"), "worse": Words("变差", "worse")}
ASSURANCES = {
    "always": Words("照此运行，总能达标", "as it runs, it always meets the target"),
    "sometimes": Words("照此运行，时而达标、时而不达", "as it runs, it meets the target at times"),
    "never": Words("照此运行，达不到目标", "as it runs, it will not meet the target"),
}


def signal_words(row: Row | None) -> Words | None:
    """The signal with its direction; None where there is none."""
    if row is None or row["signal"] in (None, "none"):
        return None
    said = SIGNALS.get(row["signal"], Words(row["signal"], row["signal"]))
    toward = DIRECTIONS.get(row["signal_direction"] or "")
    return Words(f"{said.zh}（{toward.zh}）", f"{said.en} ({toward.en})") if toward else said
