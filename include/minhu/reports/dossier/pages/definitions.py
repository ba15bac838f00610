"""What every figure means: the contract of this release, and what its versions changed."""

from __future__ import annotations

from markupsafe import Markup

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.dossier.pages.verdicts import contracts_of, name_of
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, tag

_DIRECTIONS = {
    "up": Words("越高越好", "higher is better"),
    "down": Words("越低越好", "lower is better"),
    "context": Words("仅作背景", "context only"),
}
_UNITS = {
    "share": Words("占比", "share"),
    "count": Words("计数", "count"),
    "points": Words("分", "points"),
    "pp": Words("百分点", "pp"),
    "days": Words("天", "days"),
    "per_unit": Words("每件", "per unit"),
    "per_10k": Words("每万人", "per 10,000"),
    "index": Words("指数", "index"),
}


_STANDARDS = {"city account": "本市自述", "own definition": "自定口径"}


def build(evidence: Evidence) -> Page:
    contracts = contracts_of(evidence)
    return Page(
        "definitions",
        Words("口径", "Definitions"),
        lead=Words(
            "口径即合同：分子、分母、下限、层级、责任单位、所依标准与版本。含义不变，版本不变；版本一变，必有说明。",
            "A definition is a contract: counts, floors, levels, owner, standard and version. The meaning never changes without a new "
            "version and words about it.",
        ),
        sections=[
            Section(Words("现行口径", "Contracts in force"), tables=[_contracts(contracts)]),
            Section(Words("版本", "Versions"), tables=[_versions(evidence, contracts)]),
        ],
    )


def _contracts(contracts: dict[tuple[str, str], Row]) -> Table:
    def code(text: object) -> Markup | None:
        return Markup("<code>{}</code>").format(text) if text else None

    rows = [
        [
            tag("mono", Words(kpi_id, kpi_id)),
            name_of(row, variant),
            Markup("{}<br>÷ {}").format(code(row["numerator"]), code(row["denominator"]))
            if row.get("denominator")
            else code(row.get("numerator")) or str(row.get("count_model") or ""),
            words.of(row.get("unit"), _UNITS),
            words.of(row.get("direction"), _DIRECTIONS),
            f"{row.get('suppress_below', '')} / {row.get('band_below', '')}",
            str(row.get("owner_zh") or ""),
            _standard(str(row.get("standard") or "")),
            str(row.get("contract_version") or ""),
            Words(str(row.get("description_zh") or row.get("description") or ""), str(row.get("description") or "")),
        ]
        for (kpi_id, variant), row in contracts.items()
    ]
    return table(
        Words("口径合同；算式写在计数模型的列上", "The contract; formulas are over columns of the count model"),
        columns(
            ("编号", "KPI"), ("指标", "name"), ("算式", "formula"), ("单位", "unit"), ("方向", "direction"),
            ("隐去 / 区间下限", "floors", "number"), ("责任单位", "owner"), ("依据", "standard"), ("版本", "version"),
            ("说明", "description"),
        ),
        rows,
    )  # fmt: skip


def _standard(text: str) -> Words:
    """What a definition follows: public texts by their name, the two words of the contract in both languages."""
    chinese = text
    for word, translated in _STANDARDS.items():
        chinese = chinese.replace(word, translated)
    return Words(chinese, text)


def _versions(evidence: Evidence, contracts: dict[tuple[str, str], Row]) -> Table:
    titles = columns(
        ("编号", "KPI"), ("指标", "name"), ("版本", "version"), ("自", "from"), ("序列中断", "breaks the series"),
        ("含义：此前与现在", "meaning before and now"), ("定义指纹", "fingerprint"),
    )  # fmt: skip
    caption = Words("每个口径的每个版本；先旧后新", "Every version of every contract, the older first")
    if not evidence.has("kpi_contract_versions"):
        return table(caption, titles, [], empty=Words("本版没有版本表", "this release has no table of versions"))
    rows = evidence.rows(
        "select * from now.kpi_contract_versions order by kpi_id, variant, valid_from, contract_version"
    )
    return table(
        caption,
        titles,
        [
            [
                str(row["kpi_id"]),
                name_of(contracts.get((str(row["kpi_id"]), str(row["variant"]))), str(row["variant"])),
                str(row["contract_version"]),
                row["valid_from"],
                row["is_break"],
                Words(str(row["meaning_zh"] or "首版"), str(row["meaning_en"] or "first version")),
                tag("mono", Words(str(row["definition_sha256"])[:12], str(row["definition_sha256"])[:12])),
            ]
            for row in rows
        ],
        is_folded=True,
    )
