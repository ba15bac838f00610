"""Which dbt models a figure passed, from its landed tables to what is published, by dbt's own manifest of the build."""

from __future__ import annotations

import itertools
import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minhu.settings import Settings

LAYERS = ("staging", "reference", "intermediate", "core", "assessment", "kpis", "publish")
#: The way of a figure from values to readers; what a build leaves out is skipped.
VERDICT_STEPS = ("kpi_values", "kpi_cells", "kpi_cell_verdicts", "kpi_verdicts", "kpi_results")
#: Models that say what has to be counted again: they choose rows of a build and make no figure.
_PLANNING = re.compile(r"int_.*_(changed|before|to_count|passed)|kpi_periods_.*|kpi_blocked")


@dataclass(frozen=True)
class Model:
    """A model of the build, with the statement that the build ran.

    Attributes:
        name: of the model.
        layer: first folder below ``models``.
        reads: names of models and landed tables (``hotline.calls``) it reads.
        compiled: file with its SQL as it was run.
        relation: the relation it made, quoted; None for a model that is part of its readers.
    """

    name: str
    layer: str
    reads: tuple[str, ...]
    compiled: Path
    relation: str | None


_NOTHING = Model("", "", (), Path(), None)


class Graph:
    """The models of the last build of a home."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self.models = models

    @classmethod
    def read(cls, settings: Settings) -> Graph:
        """The graph that dbt left with the work file; empty where there is none."""
        target = settings.home / "dbt" / "target"
        path = target / "manifest.json"
        if not path.exists():
            return cls({})
        manifest = json.loads(path.read_text(encoding="utf-8"))
        models = [
            Model(
                name=node["name"],
                layer=next((layer for layer in node["fqn"][1:] if layer in LAYERS), node["fqn"][1]),
                reads=tuple(_name(manifest, unique_id) for unique_id in node["depends_on"]["nodes"]),
                compiled=target / "compiled" / node["package_name"] / node["original_file_path"],
                relation=node["relation_name"],
            )
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
        ]
        return cls({model.name: model for model in models})

    def passed(self, inputs: Iterable[str]) -> dict[str, list[str]]:
        """Models between the landed tables of a KPI and its published cells, by layer, in the order of names.

        Args:
            inputs: the contract's inputs: landed tables and models, the last of which holds its counts.
        """
        named = list(inputs)
        landed = {name for name in named if "." in name}
        models = [name for name in named if name in self.models]
        found = {name for model in models for name in self._upstream(model) if landed & self._landed(name)} | set(
            models
        )
        # rates before estimates: both may read the counts
        last = models[-1:]
        if last and last[0] in self.models.get("kpi_rates", _NOTHING).reads:
            last.append("kpi_rates")
        steps = [*last, *(name for name in VERDICT_STEPS if name in self.models)]
        for start, end in itertools.pairwise(steps):
            found |= set(self._way(start, end))
        by_layer: dict[str, list[str]] = {layer: [] for layer in LAYERS}
        for name in sorted(found):
            by_layer.setdefault(self.models[name].layer, []).append(name)
        return {layer: names for layer, names in by_layer.items() if names}

    def _upstream(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for read in self.models[waiting.pop()].reads:
                if read in self.models and read not in found and not _PLANNING.fullmatch(read):
                    found.add(read)
                    waiting.append(read)
        return found

    def _landed(self, name: str) -> set[str]:
        """Landed tables that a model is made of."""
        return {read for model in (name, *self._upstream(name)) for read in self.models[model].reads if "." in read}

    def _way(self, start: str, end: str) -> list[str]:
        """The shortest way along which ``end`` reads ``start``; without it nothing."""
        waiting = deque([[end]])
        seen = {end}
        while waiting:
            way = waiting.popleft()
            if way[-1] == start:
                return way
            for read in self.models[way[-1]].reads:
                if read in self.models and read not in seen and not _PLANNING.fullmatch(read):
                    seen.add(read)
                    waiting.append([*way, read])
        return []


def _name(manifest: Mapping[str, Any], unique_id: str) -> str:
    """Name of a model; of a landed table as contracts write it."""
    if unique_id in manifest["sources"]:
        return str(manifest["sources"][unique_id]["name"]).replace("__", ".")
    return unique_id.split(".")[-1]
