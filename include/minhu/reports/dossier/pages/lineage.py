"""From sources over landed tables and count models to groups of KPIs, drawn from the contract's own columns."""

from __future__ import annotations

from markupsafe import Markup

from minhu.reports.dossier.drawing import lineage
from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.dossier.pages.verdicts import contracts_of
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words


def build(evidence: Evidence) -> Page:
    title = Words("数据来路", "Lineage")
    contracts = list(contracts_of(evidence).values())
    if not contracts or not evidence.has("kpi_contract", "inputs", "count_model"):
        note = Words("本版的口径表没有来路。", "The contract of this release does not say its inputs.")
        return Page("lineage", title, [Section(title, notes=[note])])
    return Page(
        "lineage",
        title,
        lead=Words(
            "依口径表绘制：一个指标依赖的表出了问题，只影响线所到之处。",
            "Drawn from the contract: what goes wrong in a table touches what its lines reach, and nothing else.",
        ),
        sections=[
            Section(
                Words("来源 → 落地表 → 计数模型 → 指标组", "Sources → landed tables → count models → groups of KPIs"),
                picture=_picture(contracts),
            ),
            Section(Words("每个指标的依赖", "What each KPI rests on"), tables=[_table(contracts)]),
        ],
    )


def _landed(row: Row) -> list[str]:
    return [name for name in str(row["inputs"]).split() if "." in name]


def _picture(contracts: list[Row]) -> Markup:
    edges: set[tuple[str, str]] = set()
    colours: dict[str, str] = {}
    for row in contracts:
        model, group = f"model:{row['count_model']}", f"group:{str(row['kpi_id'])[:1]}"
        colours[model] = colours[group] = str(row["source"])
        edges.add((model, group))
        for landed in _landed(row):
            source = landed.split(".")[0]
            colours[source] = colours[landed] = source
            edges |= {(source, landed), (landed, model)}
    ends = {name for edge in edges for name in edge}
    layers = [
        [name for name in words.SOURCES if name in ends],
        sorted(name for name in ends if "." in name),
        sorted(name for name in ends if name.startswith("model:")),
        sorted(name for name in ends if name.startswith("group:")),
    ]
    names = {name: words.of(name, words.SOURCES) for name in layers[0]}
    names |= {name: Words(name.split(".")[1], name.split(".")[1]) for name in layers[1]}
    names |= {name: Words(name[6:], name[6:]) for name in layers[2]}
    for name in layers[3]:
        said = words.of(name[6:], words.GROUPS)
        names[name] = Words(f"{name[6:]} {said.zh}", f"{name[6:]} {said.en}")
    return lineage(layers, sorted(edges), names, colours)


def _table(contracts: list[Row]) -> Table:
    return table(
        Words("依口径表", "By the contract"),
        columns(
            ("编号", "KPI"), ("变体", "variant"), ("来源", "source"), ("落地表", "landed tables"), ("模型", "models")
        ),
        [
            [
                str(row["kpi_id"]),
                str(row["variant"]),
                words.of(row["source"], words.SOURCES),
                ", ".join(_landed(row)),
                ", ".join(name for name in str(row["inputs"]).split() if "." not in name),
            ]
            for row in contracts
        ],
        is_folded=True,
    )
