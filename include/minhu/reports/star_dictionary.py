"""The part of the data dictionary that describes the views of the star for BI."""

from __future__ import annotations

from minhu.release.published_contract import Contract, Text
from minhu.release.star.schema import views
from minhu.release.star.wide import Kpi

_TITLE = Text("## 星型视图（供 BI 使用）", "## The star for BI")
_INTRODUCTION = Text(
    "用法和第一批查询见 [bi.md](bi.md)。数量、名次是整数，数值是双精度数，时刻带时区；没有可说的一律是空值。",
    "How to use it, with first queries: [bi.md](bi.md). Counts and ranks are integers, figures doubles, moments have their zone; "
    "what is not said is null.",
)
_HEAD = Text("| 列 | 说明 |\n| --- | --- |", "| column | what it is |\n| --- | --- |")
#: Stands for the columns of the wide view, which follow from the KPIs of a release.
_ANY = Kpi("H06", "on_time_closure_rate", "按时办结率", "On-time closure rate", "share")


def sections(contract: Contract, language: str) -> list[str]:
    """Lines of Markdown: every view with its columns; of the wide view's figures one for all."""

    def said(text: Text) -> str:
        return text.zh if language == "zh" else text.en

    lines = ["", said(_TITLE), said(_INTRODUCTION)]
    for view in views(contract, contract.tables, [_ANY]):
        lines += ["", f"### {view.name}", said(view.text), "", said(_HEAD)]
        lines += [
            f"| `{column.name}`{' …' if column.name == _ANY.column else ''} | {said(column.text)} |"
            for column in view.columns
        ]
    return lines
