"""The page of a KPI: what it says, its past, its districts, its funnel, every unit, and what it means."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from markupsafe import Markup

from minhu.reports.presentation import words
from minhu.reports.presentation.names import name_of_kpi
from minhu.reports.presentation.values import Words
from minhu.reports.site import breakdowns, cells, lifts, periods, sentences
from minhu.reports.site.content import Content
from minhu.reports.site.drawing import funnel, series
from minhu.reports.site.drawing.funnel import Dot
from minhu.reports.site.drawing.series import Limits
from minhu.reports.site.lines import bounds, columns_of, line, peer_group, points, said
from minhu.reports.site.reading import Row
from minhu.reports.site.rendering import Page
from minhu.reports.site.signals import ASSURANCES
from minhu.reports.site.subjects import Kpi, name_of_scheme, slug

#: Levels whose units are listed on the page; communities are listed on their own pages.
_LISTED = ("district", "street", "unit")
_FEWEST_OF_FUNNEL, _MOST_FUNNELS = 5, 6


def build_all(content: Content) -> Iterator[Page]:
    for kpi in content.kpis:
        yield build(content, kpi)


def build(content: Content, kpi: Kpi) -> Page:
    """The page of one KPI."""
    city = content.city
    key = (kpi.kpi_id, *city.key) if city else (kpi.kpi_id, "", "")
    cell = content.at_headline(kpi, *city.key) if city else None
    finding = sentences.finding(
        kpi, cell, content.period_of(kpi), content.changes.get((*key, "previous")), content.city_name
    )
    history = content.versions.get((kpi.kpi_id, kpi.variant), ())
    values: dict[str, Any] = {
        "kpi": kpi,
        "group_name": words.of(kpi.group, words.GROUPS),
        "finding": finding,
        "more": _more(content, kpi, key),
        "chart": _chart(content, kpi, key, history),
        "chart_note": _chart_note(content, key),
        "past": [
            {"period": periods.name(kpi.period_type, past.period_start), "cell": past, "marks": cells.marks(past)}
            for past in reversed(content.cells.get(key, ()))
        ],
        "variants": _variants(content, kpi),
        "waterfall": lifts.drawing(content, kpi),
        "breakdowns": breakdowns.tables_of(content.breakdowns.get(kpi.kpi_id, ()), kpi.unit, content.rules),
        "districts": _districts(content, kpi, key),
        "funnels": _funnels(content, kpi),
        "levels": _levels(content, kpi),
        "held": _held(content, kpi),
        "definition": _definition(kpi),
        "history": history,
        "file": slug(kpi.kpi_id),
        "commands": _commands(content, kpi, cell.period_start if cell else None),
    }
    return Page(kpi.address, "kpi.html", kpi.name, values, section="index.html")


def _more(content: Content, kpi: Kpi, key: tuple[str, str, str]) -> list[Words]:
    found: list[Words] = []
    change = content.changes.get((*key, "last_year"))
    if change and change["trend"]:
        text, trend = sentences.change_words(change, kpi.unit), words.of(change["trend"], words.TRENDS)
        found.append(
            Words(
                f"与上年同期比{trend.zh}：{text.zh}。",
                f"Against the same period of the year before: {trend.en}, {text.en}.",
            )
        )
    signals = content.signals.get(key, ())
    if signals and signals[-1]["assurance"]:
        told = ASSURANCES.get(signals[-1]["assurance"], Words("", ""))
        found.append(Words(told.zh + "。", told.en[:1].upper() + told.en[1:] + "."))
    outside = Counter(row["unit_type"] for row in content.peers_of(kpi) if row["funnel_position"] == "outside_998")
    if outside:
        zh = "、".join(f"{count} 个{words.of(level, words.LEVELS).zh}" for level, count in sorted(outside.items()))
        en = ", ".join(f"{count} × {words.of(level, words.LEVELS).en}" for level, count in sorted(outside.items()))
        found.append(Words(f"超出漏斗图 99.8% 界限的：{zh}。", f"Outside the 99.8 % limits of their funnel: {en}."))
    return found


def _chart(content: Content, kpi: Kpi, key: tuple[str, str, str], history: Any) -> Markup:
    signals = content.signals.get(key, ())
    chunks: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in signals:
        chunks[row["baseline_start"], row["mean_value"], row["lower_limit"], row["upper_limit"]].append(row)
    limits = [
        Limits(rows[0]["period_start"], rows[-1]["period_start"], mean, low, high)
        for (_, mean, low, high), rows in chunks.items()
    ]
    target = content.targets.get(kpi.kpi_id)
    drawn_target = None
    if target and kpi.variant == "main" and kpi.unit == "share":
        text, scheme = f"{target['target']:g} %", name_of_scheme(target)
        drawn_target = (
            target["target"] / 100,
            Words(f"目标 {text}（{scheme.zh}）", f"target {text} ({scheme.en})"),
        )
    breaks = [(row["valid_from"], Words("定义变更", "definition changed")) for row in history if row["is_break"]]
    unit = content.unit_of(*key[1:])
    if unit is None:
        return Markup("")
    found = points(kpi, content.cells.get(key, ()), signals, is_pointed=True)
    return series.chart(found, said(kpi, unit), bounds(kpi), _label(kpi), limits, drawn_target, breaks)


def _chart_note(content: Content, key: tuple[str, str, str]) -> Words:
    zh, en = (
        "阴影为 95% 区间；空心点为暂定；[c]、[x]、[z] 处未公布，不作连线。",
        "Shade: 95 % interval; hollow: provisional; gaps are not shown.",
    )
    if content.signals.get(key):
        zh += "细线为基线均值与控制限（均值 ± 2.66 × 平均移动极差），大点为特殊原因信号。"
        en += " Thin lines: mean and limits of the baseline (mean ± 2.66 × mean moving range); large dots: special causes."
    elif not content.has_signals:
        zh, en = zh + "本次发布早于监测信号。", en + " This release is from before signals."
    return Words(zh, en)


def _label(kpi: Kpi) -> Any:
    def text(value: float) -> str:
        return f"{100 * value:.4g} %".replace("-", "−") if kpi.unit == "share" else f"{value:,.6g}".replace("-", "−")

    return text


def _variants(content: Content, kpi: Kpi) -> list[dict[str, Any]]:
    names = {row["variant"]: row for row in kpi.variants}
    found = []
    for cell in content.variants.get(kpi.kpi_id, ()):
        row = names.get(cell.variant)
        found.append(
            {
                "name": name_of_kpi(row) if row else Words(cell.variant, cell.variant.replace("_", " ")),
                "caliber": words.of(cell.caliber, words.CALIBERS),
                "cell": cell,
                "unit": row["unit"] if row else kpi.unit,
                "marks": cells.marks(cell),
            }
        )
    return found


def _districts(content: Content, kpi: Kpi, key: tuple[str, str, str]) -> list[dict[str, Any]]:
    city = points(kpi, content.cells.get(key, ()))
    own = {
        unit: points(kpi, content.cells[kpi.kpi_id, *unit.key])
        for unit in content.units
        if unit.unit_type == "district" and (kpi.kpi_id, *unit.key) in content.cells
    }
    if not own or kpi.unit == "count":
        city = []
    every = [point for found in (*own.values(), city) for point in found]
    return [
        {
            "unit": unit,
            "cell": content.at_headline(kpi, *unit.key),
            "chart": series.small(found, city, every, said(kpi, unit), bounds(kpi), _label(kpi)),
        }
        for unit, found in own.items()
    ]


def _funnels(content: Content, kpi: Kpi) -> list[dict[str, Any]]:
    groups: defaultdict[tuple[str, str, float, float], list[Dot]] = defaultdict(list)
    undrawn: Counter[str] = Counter()
    for row in content.peers_of(kpi):
        level, code = row["unit_type"], row["unit_code"]
        if level not in _LISTED:
            continue
        unit = content.unit_of(level, code)
        cell = content.at_headline(kpi, level, code)
        if row["funnel_position"] and row["sample_size"] and row["peer_value"] is not None and cell and cell.is_shown:
            peers = (level, row["peer_group"], row["peer_value"], row["overdispersion"] or 1.0)
            groups[peers].append(
                Dot(row["sample_size"], row["value"], row["funnel_position"], unit.name if unit else code)
            )
    for unit in content.units:
        cell = content.at_headline(kpi, *unit.key)
        if cell is not None and not cell.is_shown:
            undrawn[unit.unit_type] += 1
    found = []
    for (level, group, pooled, spread), dots in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[
        :_MOST_FUNNELS
    ]:
        if len(dots) < _FEWEST_OF_FUNNEL:
            continue
        name, alike = words.of(level, words.LEVELS), peer_group(group)
        caption = Words(
            f"{alike.zh}：{len(dots)} 个；{name.zh}中未公布而未画的 {undrawn[level]} 个",
            f"{alike.en}: {len(dots)}; {undrawn[level]} of the level are not shown and not drawn",
        )
        found.append({"name": caption, "chart": funnel.funnel(dots, pooled, spread, caption)})
    return found


def _levels(content: Content, kpi: Kpi) -> list[dict[str, Any]]:
    found = []
    for level in _LISTED:
        lines = [
            line(content, kpi, unit, is_drawn=False)
            for unit in content.units
            if unit.unit_type == level and content.at_headline(kpi, *unit.key) is not None
        ]
        if lines:
            name = words.of(level, words.LEVELS)
            note = Words(
                "按代码排列，不按名次：名次只有区间。与同类相当的不另注。",
                "In order of code, not of rank: a rank is an interval. Units like their peers have no remark.",
            )  # fmt: skip
            found.append(
                {"id": level, "name": Words(f"各{name.zh}", f"Every {name.en}"), "note": note, "lines": lines}
                | columns_of(lines)
            )
    return found


def _held(content: Content, kpi: Kpi) -> list[dict[str, Any]]:
    found = []
    for (kpi_id, verdict, rule_id), count in sorted(content.held.items()):
        if kpi_id == kpi.kpi_id:
            rule = content.rules.get(rule_id)
            reason = Words(rule["reason_zh"] or rule_id, rule["reason"] or rule_id) if rule else Words(rule_id, rule_id)
            found.append({"verdict": words.of(verdict, words.VERDICTS), "reason": reason, "count": f"{count:,}"})
    return found


def _definition(kpi: Kpi) -> list[tuple[Words, Any]]:
    row = kpi.contract
    better = {"up": Words("越高越好", "higher is better"), "down": Words("越低越好", "lower is better")}
    facts: list[tuple[Words, Any]] = [
        (
            Words("含义", "meaning"),
            Words(row["description_zh"] or row["description"] or "–", row["description"] or "–"),
        ),
        (Words("方向", "direction"), better.get(kpi.direction, Words("不分好坏", "neither is better"))),
        (Words("来源", "source"), words.of(row["source"], words.SOURCES)),
        (Words("分子", "numerator"), row["numerator"]),
        (Words("分母", "denominator"), row["denominator"]),
        (Words("低于此数隐去", "suppressed below"), row["suppress_below"]),
        (Words("低于此数不排名", "not ranked below"), row["band_below"]),
        (Words("结算天数", "days to settle"), row["settle_days"]),
        (Words("口径负责", "owner"), row["owner_zh"]),
        (Words("依据", "standard"), words.standard(row["standard"])),
        (Words("定义版本", "version"), row["contract_version"]),
    ]
    return facts


def _commands(content: Content, kpi: Kpi, start: date | None) -> list[str]:
    release = content.release.release_id
    period = (start or content.release.business_date).strftime("%Y-%m")
    city = content.city.code if content.city else "city"
    return [
        f"minhu export --kpi {kpi.kpi_id} --as xlsx --release {release}",
        f"minhu explain {kpi.kpi_id} {city} {period} --release {release}",
        f"minhu verify {release}",
    ]
