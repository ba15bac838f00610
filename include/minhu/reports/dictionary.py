"""The data dictionary in Chinese and English, the glossary's lists of codes, and the shape last agreed with readers.

All are written from the contract of what is published and compared with it by a test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from minhu import atomic
from minhu.errors import PermanentError
from minhu.release import published_contract
from minhu.release.contract_changes import breaking, shape_of
from minhu.release.published_contract import VIEW_COLUMNS, CodeList, Column, Contract, Table, Text
from minhu.release.published_tables import postgres_type
from minhu.reports import data_contracts, star_dictionary

Language = Literal["zh", "en"]
DICTIONARIES: dict[Language, Path] = {"zh": Path("docs/dictionary.zh.md"), "en": Path("docs/dictionary.en.md")}
GLOSSARY, SHAPE = Path("docs/glossary.md"), Path("docs/published-contract.json")
#: A file of the Open Data Contract Standard per table.
CONTRACTS = Path("docs/contracts")
#: In the glossary, what stands above is written by hand.
GENERATED = "<!-- From here on written by `minhu contract write` from dbt_project/published_codes.yml. -->"
_INTRODUCTION = Text(
    "由 `minhu contract write` 按 `dbt_project/models/publish/*.yml` 生成，请勿手改。代码含义见[术语表](glossary.md)。\n\n"
    "在 PostgreSQL 中读视图 `published.<表>`（当前发布）、`published.<表>_history`（各次发布）或函数 `published.<表>_at(序号)`；"
    "在文件中读 `releases/<编号>/<表>` 的 Parquet，列与此相同。",
    "Written by `minhu contract write` from `dbt_project/models/publish/*.yml`, not by hand; codes: [glossary](glossary.md).\n\n"
    "In PostgreSQL read the views `published.<table>` (the current release), `published.<table>_history` (all that are kept) or the "
    "function `published.<table>_at(number)`; as files the Parquet of `releases/<id>/<table>`, which has the same columns.",
)
_TITLE = Text("数据字典：公布的表", "Data dictionary: published tables")
_VIEWS = Text("各视图另有", "Every view also has")
_HEAD = Text(
    "| 列 | 类型 | 说明 | 取值 |\n| --- | --- | --- | --- |",
    "| column | type | what it is | words |\n| --- | --- | --- | --- |",
)
_KEY = Text("主键", "Key")
_WHOLE_ROW = Text("整行", "the whole row")
_REFERS, _READERS, _FILES = Text("引用", "Refers to"), Text("读者", "Readers"), Text("分文件", "Files")
_BY_CELL = Text(
    "按 period_start 的月份；季度、半年、年按年", "by the month of period_start; quarters, half-years and years by year"
)
_BY_MONTH = Text("按 {} 的月份", "by the month of {}")
_MAY_BE_NULL = Text("可空", "may be null")


def documents(contract: Contract, root: Path) -> dict[Path, str]:
    """Every file that follows from the contract, with its text.

    Args:
        contract: what is published.
        root: of the checkout; the glossary's upper part is read there.
    """
    return {
        **{path: render(contract, language) for language, path in DICTIONARIES.items()},
        GLOSSARY: render_glossary(contract, _by_hand(root / GLOSSARY)),
        SHAPE: _one_line_per_column(json.dumps(shape_of(contract), ensure_ascii=False, indent=1)) + "\n",
        **{CONTRACTS / name: text for name, text in data_contracts.documents(contract).items()},
    }


def check(root: Path) -> list[str]:
    """What is not as the contract says, in sentences; breaking changes with the readers to warn."""
    contract = published_contract.load(root / "dbt_project")
    broken = _broken(contract, root)
    if broken:
        return [*broken, "warn them and name the change in CHANGELOG.md, then `minhu contract write --breaking`"]
    stale = [path.as_posix() for path, text in documents(contract, root).items() if _read(root / path) != text]
    return [f"{', '.join(stale)}: not what the contract says; run `minhu contract write`"] if stale else []


def write(root: Path, is_breaking: bool = False) -> list[str]:
    """Write what follows from the contract; the files that changed.

    Args:
        root: of the checkout.
        is_breaking: a change that breaks readers is meant, and they were warned.

    Raises:
        PermanentError: a change breaks readers and nobody said that it is meant; nothing is written.
    """
    contract = published_contract.load(root / "dbt_project")
    broken = _broken(contract, root)
    if broken and not is_breaking:
        raise PermanentError(
            "write the contract's documents",
            "; ".join(broken),
            "warn them and name the change in CHANGELOG.md, then `minhu contract write --breaking`",
        )
    changed = []
    for path, text in documents(contract, root).items():
        if _read(root / path) != text:
            atomic.write_bytes(root / path, text.encode())
            changed.append(path.as_posix())
    return changed


def render(contract: Contract, language: Language) -> str:
    """The dictionary in one language, as Markdown."""
    lines = [f"# {_of(_TITLE, language)}", _of(_INTRODUCTION, language), ""]
    own = [
        f"`{name}` ({_of(text, language).rstrip('。.')})" for name, text in VIEW_COLUMNS.items() if name != "release_no"
    ]
    separator, end = ("、", "。") if language == "zh" else (", ", ".")
    lines += [f"{_of(_VIEWS, language)} {separator.join(own)}{end}", ""]
    lines += [f"- [`{name}`](#{name}) {_of(table.text, language)}" for name, table in contract.tables.items()]
    for table in contract.tables.values():
        lines += ["", *_section(contract, table, language)]
    lines += star_dictionary.sections(contract, language)
    return "\n".join(lines) + "\n"


def render_glossary(contract: Contract, by_hand: str) -> str:
    """The glossary: what was written by hand, then every list of codes a published column uses."""
    used: dict[str, list[str]] = {}
    for table in contract.tables.values():
        for column in table.columns:
            if column.codes:
                used.setdefault(column.codes.name, []).append(f"`{table.name}.{column.name}`")
    lines = [by_hand.rstrip(), "", GENERATED, ""]
    for name, columns in sorted(used.items()):
        codes = contract.codes[name]
        lines += [
            f"### {codes.title.zh} · {codes.title.en}",
            f"{'、'.join(columns)}{'。来源可用其他词。Sources may use other words.' if codes.is_open else ''}",
            "",
            "| 中文 | English | code |",
            "| --- | --- | --- |",
            *(f"| {text.zh} | {text.en} | `{word}` |" for word, text in codes.words.items()),
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _section(contract: Contract, table: Table, language: Language) -> list[str]:
    key = ", ".join(f"`{column}`" for column in table.primary_key) or _of(_WHOLE_ROW, language)
    facts = [f"{_of(_KEY, language)}: {key}"]
    if table.part_by:
        how = (
            _BY_CELL
            if table.part_by == "period_start"
            else Text(*(text.format(table.part_by) for text in (_BY_MONTH.zh, _BY_MONTH.en)))
        )
        facts.append(f"{_of(_FILES, language)}: {_of(how, language)}")
    if table.references:
        to = dict.fromkeys(f"{', '.join(f'`{c}`' for c in r.columns)} → [`{r.to}`](#{r.to})" for r in table.references)
        facts.append(f"{_of(_REFERS, language)}: {'; '.join(to)}")
    readers = [reader.label if language == "zh" else reader.name for reader in contract.readers_of(table.name)]
    if readers:
        facts.append(f"{_of(_READERS, language)}: {('、' if language == 'zh' else ', ').join(readers)}")
    return [
        f"## {table.name}",
        _of(table.text, language),
        "",
        *(f"- {fact}" for fact in facts),
        "",
        _of(_HEAD, language),
        *(_row(column, language) for column in table.columns),
    ]


def _row(column: Column, language: Language) -> str:
    kind = postgres_type(column.arrow_type) + (f", {_of(_MAY_BE_NULL, language)}" if column.is_nullable else "")
    return f"| `{column.name}` | {kind} | {_of(column.text, language)} | {_words(column.codes)} |"


def _words(codes: CodeList | None) -> str:
    return " ".join(f"`{word}`" for word in codes.words) if codes else ""


def _one_line_per_column(text: str) -> str:
    """The innermost objects and lists of an indented JSON text in one line each: a difference shows what changed."""
    return re.sub(r"[{\[]\n([^{}\[\]]*)\n *[}\]]", lambda found: re.sub(r"\n *", " ", found[0]), text)


def _of(text: Text, language: Language) -> str:
    return text.zh if language == "zh" else text.en


def _broken(contract: Contract, root: Path) -> Sequence[str]:
    before = _read(root / SHAPE)
    return [str(change) for change in breaking(json.loads(before), shape_of(contract))] if before else []


def _by_hand(path: Path) -> str:
    return _read(path).split(GENERATED)[0]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
