"""Marks of what is hidden, beside or in place of a figure: those of the UK Government Analysis Function (2022).

A word in the cell, never a blank, a zero or a dash, explained where it stands.
"""

from __future__ import annotations

from minhu.release.published_contract import Text

#: Verdict to the mark that stands in place of a value, with what it means.
INSTEAD = {
    "SUPPRESSED": ("[c]", Text("隐去：样本太小，公布会泄露个案", "suppressed: too few, or it would give another cell away")),
    "WITHHELD": ("[x]", Text("暂缓：有关数据未通过质量检查", "withheld: its data failed a check")),
    "NOT_RATED": ("[z]", Text("不评：无可评价，或本市没有该项来源", "not rated: nothing to rate, or the city has no such source")),
}  # fmt: skip
#: Marks beside a value that is shown.
INTERVAL_ONLY, PROVISIONAL, RESTATED, BREAK, STALE = "[u]", "[p]", "[r]", "[b]", "[o]"
