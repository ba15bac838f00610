"""The seeds that dbt reads of the KPIs, written from their files: never edited, compared with the files in CI.

The seed of versions is also a memory: it keeps the hash of each definition as it was when its version was written, so
that a definition cannot change under its version unseen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from minhu.gate.kpi_contract.form import Kpi
from minhu.gate.kpi_contract.project import Grain, Project, seed_path, seed_text
from minhu.gate.kpi_contract.versions import contract_row, definition_hash


def grains(kpi: Kpi, grain_periods: Iterable[Grain]) -> list[Grain]:
    """(level, period) at which a KPI is published: those of its lists that exist by default, then those it adds.

    ``street/day`` among its periods adds a grain that does not exist by default.
    """
    usual = set(grain_periods)
    by_default = [(level, period) for level in kpi.levels for period in kpi.periods if (level, period) in usual]
    added = [(level, period) for level, _, period in (word.partition("/") for word in kpi.periods) if period]
    return by_default + [grain for grain in added if grain not in by_default]


def render(kpis: Sequence[Kpi], project: Project) -> dict[str, str]:
    """The text of every seed that follows from the KPIs' files, by the name of the seed.

    A version that was not written before gets the hash of its KPI's definition.

    Args:
        kpis: in the order of the contract, free of what :func:`minhu.gate.kpi_contract.check.problems` finds.
        project: what is known beside them.
    """
    rows: dict[str, list[Mapping[str, str]]] = {
        "kpi_contract": [], "kpi_contract_versions": [], "kpi_grains": [], "kpi_inputs": [], "kpi_components": [],
    }  # fmt: skip
    for kpi in kpis:
        key = {"kpi_id": kpi.kpi_id, "variant": kpi.variant}
        landed = project.counts.landed_columns(kpi)
        rows["kpi_contract"].append(contract_row(kpi))
        rows["kpi_contract_versions"] += [
            key
            | {
                "contract_version": version.version,
                "valid_from": version.valid_from.isoformat(),
                "is_break": _word(version.is_break),
                "definition_sha256": project.recorded.get((kpi.kpi_id, kpi.variant, version.version))
                or definition_hash(kpi),
                "meaning_zh": version.meaning_zh,
                "meaning_en": version.meaning_en,
            }
            for version in kpi.history
        ]
        rows["kpi_grains"] += [
            key | {"unit_type": level, "period_type": period} for level, period in grains(kpi, project.grain_periods)
        ]
        rows["kpi_inputs"] += [
            key | {"kind": kind, "input": name}
            for kind, names in (("model", kpi.inputs), ("anchor", kpi.anchors), ("column", landed))
            for name in names
        ]
        rows["kpi_components"] += [
            key
            | dict(zip(("component_kpi_id", "component_variant"), component.split("/"), strict=True))
            | {"judged_together": kpi.judged_together}
            for component in kpi.components
        ]
    return {name: _as_csv(of_seed) for name, of_seed in rows.items()}


def differing(rendered: Mapping[str, str], project_root: Path) -> list[str]:
    """Names of the seeds whose file is not what follows from the KPIs' files."""
    return [name for name, text in rendered.items() if seed_text(project_root, name) != text]


def write(rendered: Mapping[str, str], project_root: Path) -> list[str]:
    """Write the seeds that differ; returns their names."""
    changed = differing(rendered, project_root)
    for name in changed:
        seed_path(project_root, name).write_text(rendered[name], encoding="utf-8", newline="")
    return changed


def _as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _word(value: bool) -> str:
    return "true" if value else "false"
