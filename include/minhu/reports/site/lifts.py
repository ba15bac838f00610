"""What rules of counting add to a KPI of the city: pausing the clock, the deadline in force, leaving orders out."""

from __future__ import annotations

from itertools import pairwise

from markupsafe import Markup

from minhu.reports.presentation.values import Words
from minhu.reports.site import cells, sentences
from minhu.reports.site.content import Content
from minhu.reports.site.drawing.waterfall import Step, waterfall
from minhu.reports.site.lines import NOTHING, bounds
from minhu.reports.site.subjects import Kpi

#: Variant and caliber after each rule, and the name of the rule, from the strictest way of counting on.
_EXCLUSION = ("main", "assessed", Words("剔除不纳入考核的", "orders not assessed left out"))
_FROM_ALL = ("main", "full", Words("全口径", "full caliber"))
_CHAINS = {
    "H06": (
        ("calendar_unpaused", "full", Words("规则期限，计时不停", "deadline by rule, never paused")),
        ("calendar_paused", "full", Words("扣除挂起与获准延期", "pauses and granted extensions")),
        ("main", "full", Words("改用现行期限（改级、改期）", "deadline in force: re-tiered, agreed")),
        _EXCLUSION,
    )
}  # fmt: skip
_RESULT = Words("考核口径", "assessed caliber")


def drawing(content: Content, kpi: Kpi) -> Markup:
    """The waterfall of the headline period; nothing where a figure of it is not shown or no rule changes anything."""
    by_kind = {(cell.variant, cell.caliber): cell for cell in content.variants.get(kpi.kpi_id, ())}
    units = {row["variant"]: row["unit"] for row in kpi.variants}
    chain = [
        (by_kind[variant, caliber], name)
        for variant, caliber, name in _CHAINS.get(kpi.kpi_id, (_FROM_ALL, _EXCLUSION))
        if (variant, caliber) in by_kind and units.get(variant) == kpi.unit
    ]
    values = [cell.value for cell, _ in chain if cell.is_shown and cell.value is not None]
    if len(values) < len(chain) or len(values) < 2 or min(values) == max(values):
        return NOTHING
    (first, name), *rules = chain
    steps = [Step(name, values[0], cells.value_words(first, kpi.unit))]
    for (before, after), (_, rule) in zip(pairwise(values), rules, strict=True):
        added = sentences.change_words({"change": after - before, "change_low": None, "change_high": None}, kpi.unit)
        steps.append(Step(rule, after, added))
    steps.append(Step(_RESULT, values[-1], cells.value_words(chain[-1][0], kpi.unit)))
    said = Words(f"{kpi.name.zh}：各项规则带来的变化", f"{kpi.name.en}: what each rule adds")
    return waterfall(steps, said, bounds(kpi))
