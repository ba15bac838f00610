"""What was published, and what changed since the release before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from markupsafe import Markup

from minhu.reports.dossier.evidence import Evidence
from minhu.reports.dossier.page import Page, Section, columns, table
from minhu.reports.dossier.pages import attention, scores
from minhu.reports.dossier.pages.changes import restated_cells
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, link, shown, signed, tag

_COUNTS = columns(
    ("项目", "what"), ("上一版", "before", "number"), ("本版", "now", "number"), ("变化", "change", "number")
)


def build(evidence: Evidence) -> Page:
    release, manifest = evidence.release, evidence.release.manifest
    total = sum(manifest["verdicts"].values())
    stale = manifest["stale_sources"]
    before = evidence.before
    return Page(
        "index",
        Words("本版概要", "Summary"),
        lead=Words(
            "每个公布的数字都有分子、分母、区间与裁定；每个没有公布的数字都有原因。本卷只取自签名发布的文件与台账，可逐字节重做。",
            "Every figure that is published has its counts, its interval and a verdict; every one that is not has a reason. This "
            "dossier is made from the signed release and the ledger alone and can be made again byte for byte.",
        ),
        facts=[
            (Words("发布编号", "release"), tag("mono", Words(release.release_id, release.release_id))),
            (Words("业务日", "business date"), release.business_date),
            (Words("数据截至", "as of"), f"{release.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"),
            (Words("上一版", "release before"), before.release_id if before else None),
            (Words("台账行", "line of the ledger"), evidence.event.number),
            (
                Words("来源", "sources"),
                Words("全部到达", "all delivered")
                if not stale
                else Words(
                    "未到：" + "、".join(words.of(s, words.SOURCES).zh for s in stale),
                    "missing: " + ", ".join(words.of(s, words.SOURCES).en for s in stale),
                ),
            ),
        ],
        tiles=[
            (words.of(verdict, words.VERDICTS), _with_change(evidence, verdict), verdict) for verdict in words.VERDICTS
        ],
        sections=[
            Section(
                Words("与上一版相比", "Since the release before"),
                notes=[] if before else [Words("这是本市的第一版，没有可比的上一版。", "This is the first release.")],
                tables=[
                    table(
                        Words("检查发现、隔离与重述", "Findings, quarantine and restatements"),
                        _COUNTS,
                        _counts(evidence),
                    ),
                    table(
                        Words(f"单元格（共 {total:,}）", f"Cells ({total:,} in all)"),
                        _COUNTS,
                        _cells(evidence),
                        is_folded=True,
                    ),
                ],
            ),
            attention.build(evidence),
            *_quality(evidence),
            Section(Words("代码与口径", "Code and definitions"), tables=[_code(evidence)]),
            _rules(evidence),
        ],
    )


def _quality(evidence: Evidence) -> list[Section]:
    """Scores and identities at a glance, where the release has them."""
    found: list[Section] = []
    if evidence.has("data_quality_scores"):
        rows = evidence.rows("select * from now.data_quality_scores order by source, dimension")
        title = Words("数据质量（GB/T 36344）", "Data quality (GB/T 36344)")
        found.append(Section(title, tables=[scores.matrix(rows)]))
    if evidence.has("conservation"):
        rows = evidence.rows(
            "select identity, count(*) as cells, count(*) filter (difference <> 0) as off, max(rule_id) as rule_id "
            "from now.conservation group by identity order by identity"
        )
        of = {str(row["identity"]): row for row in rows}
        found.append(
            Section(
                Words("守恒", "Conservation"),
                tables=[
                    table(
                        Words("两种数法对账", "The same counted in two ways"),
                        columns(
                            ("恒等式", "identity"), ("核对的格", "cells compared", "number"),
                            ("有差额的格", "cells that differ", "number"),
                        ),
                        [
                            [link(f"conservation.html#{name}", said), of[name]["cells"], of[name]["off"]]
                            for name, said in words.IDENTITIES.items()
                            if name in of
                        ],
                    )
                ],
            )
        )  # fmt: skip
    return found


def _with_change(evidence: Evidence, verdict: str) -> Markup:
    now = int(evidence.release.manifest["verdicts"].get(verdict, 0))
    if evidence.before is None:
        return shown(now)
    change = signed(now - int(evidence.before.manifest["verdicts"].get(verdict, 0)))
    return Markup("{} <small>{}</small>").format(shown(now), change)


def _difference(label: Any, before: int | None, now: int) -> list[Any]:
    return [label, before, now, None if before is None else signed(now - before)]


def _cells(evidence: Evidence) -> list[list[Any]]:
    now = evidence.release.manifest["verdicts"]
    before = evidence.before.manifest["verdicts"] if evidence.before else None
    return [
        _difference(
            tag(v, words.of(v, words.VERDICTS)), None if before is None else int(before.get(v, 0)), int(now.get(v, 0))
        )
        for v in [*words.VERDICTS, *sorted(set(now) - set(words.VERDICTS))]
    ]


def _counts(evidence: Evidence) -> list[list[Any]]:
    now, before = _groups(evidence, "now"), _groups(evidence, "before")
    rows = []
    for level in ("block", "warn", "info"):
        named = words.of(level, words.SEVERITIES)
        of_rules = Words(f"{named.zh}：有发现的规则", f"{named.en}: rules that found something")
        of_cells = Words(f"{named.zh}：所及的单元格", f"{named.en}: cells that they stand on")
        rows.append(_difference(link("rules.html", of_rules), _of(before, level, 0), _of(now, level, 0) or 0))
        rows.append(_difference(of_cells, _of(before, level, 1), _of(now, level, 1) or 0))
    held = [
        None
        if not evidence.has("quarantined_rows", schema=schema)
        else int(evidence.one(f"select count(*) from {schema}.quarantined_rows"))  # noqa: S608  our own names
        for schema in ("before", "now")
    ]
    if held[1] is not None:
        label = Words("隔离的记录", "records in quarantine")
        rows.append(_difference(link("quarantine.html", label), held[0], held[1]))
    changed = restated_cells(evidence)
    label = Words("已结时期中改变的单元格", "cells changed in settled periods")
    rows.append([link("changes.html", label), None, changed if evidence.before else None, None])
    return rows


def _groups(evidence: Evidence, schema: str) -> dict[str, tuple[int, int]] | None:
    """By severity: how many rules of a source found something, and on how many cells it stands; None without a release."""
    if schema == "before" and evidence.before is None:
        return None
    found = evidence.rows(
        f"select severity, count(distinct (rule_id, source)) as rules, count(*) as cells from {schema}.quality_findings "  # noqa: S608
        "group by severity order by severity"
    )
    return {str(row["severity"]): (int(row["rules"]), int(row["cells"])) for row in found}


def _of(groups: dict[str, tuple[int, int]] | None, level: str, place: int) -> int | None:
    return None if groups is None else groups.get(level, (0, 0))[place]


def _code(evidence: Evidence) -> Any:
    now = evidence.release.manifest
    before = evidence.before.manifest if evidence.before else {}
    names: Sequence[tuple[str, Words]] = (
        ("git_commit", Words("代码版本", "commit")),
        ("dbt_manifest_sha256", Words("模型与口径", "models and contracts")),
        ("lock_sha256", Words("锁定的依赖", "locked libraries")),
        ("engine", Words("计算引擎", "engine")),
    )
    rows: list[list[Any]] = []
    for key, label in names:
        value = str(now.get(key) or "")
        same = Words("未变", "unchanged") if before.get(key) == now.get(key) else Words("已变", "changed")
        rows.append(
            [label, tag("mono", Words(value[:16], value[:16])) if value else None, same if before and value else None]
        )
    rows += [
        [
            Words("口径新版", "new contract version"),
            f"{row['kpi_id']} {row['variant']} {row['contract_version']}",
            row["was"],
        ]
        for row in new_versions(evidence)
    ]
    return table(
        Words("由什么做成", "What it was made with"),
        columns(("项目", "what"), ("本版", "now"), ("与上一版", "against the one before")),
        rows,
    )


def new_versions(evidence: Evidence) -> list[dict[str, Any]]:
    """Contracts whose version differs from that of the release before."""
    needed = ("kpi_id", "variant", "contract_version")
    if not evidence.has("kpi_contract", *needed) or not evidence.has("kpi_contract", *needed, schema="before"):
        return []
    return evidence.rows(
        "select now.kpi_id, now.variant, now.contract_version, before.contract_version as was from now.kpi_contract as now "
        "left join before.kpi_contract as before on now.kpi_id = before.kpi_id and now.variant = before.variant "
        "where now.contract_version is distinct from before.contract_version order by now.kpi_id, now.variant"
    )


def _rules(evidence: Evidence) -> Section:
    lines = evidence.failed_by_night()
    new = sorted(r for r, v in lines.items() if v[-1] and len(v) > 1 and not v[-2])
    gone = sorted(r for r, v in lines.items() if not v[-1] and len(v) > 1 and v[-2])
    rows = [[Words("新增", "new"), link(f"rules.html#{r}", r), None, lines[r][-1]] for r in new]
    rows += [[Words("消失", "gone"), link(f"rules.html#{r}", r), lines[r][-2], 0] for r in gone]
    return Section(
        Words("规则的变化", "Rules that changed"),
        tables=[
            table(
                Words("上一夜没有发现而本夜有的，以及相反的", "Rules that found something now and not before, or the reverse"),
                columns(
                    ("变化", "change"), ("规则", "rule"),
                    ("上一夜不合行数", "rows failed before", "number"), ("本夜不合行数", "rows failed now", "number"),
                ),
                rows,
            )
        ],
    )  # fmt: skip
