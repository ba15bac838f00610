"""What is missing or wrong over all KPIs' files, in words: each sentence names the file, what was expected and found,
and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from minhu.gate.kpi_contract import count_models, seeds
from minhu.gate.kpi_contract.counts import COUNTS_FILE, named_counts
from minhu.gate.kpi_contract.form import Kpi, read_folder
from minhu.gate.kpi_contract.project import KPIS_FOLDER, Project, read_project
from minhu.gate.kpi_contract.versions import version_problems
from minhu.landing import contracts


def check(project_root: Path) -> tuple[list[Kpi], list[str]]:
    """All KPIs of a checkout and what is missing or wrong of them, the seeds written from them included.

    Raises:
        UsageError: there are no files of KPIs.
    """
    kpis, found = read_folder(project_root / KPIS_FOLDER)
    project = read_project(project_root)
    found += problems(kpis, project)
    if not found:
        found += [
            f"dbt_project/seeds/{seed}.csv: expected what follows from kpis/*.yml, found something else - run "
            "`minhu kpi write`; the seed is written, never edited"
            for seed in seeds.differing(seeds.render(kpis, project), project_root)
        ]
        if count_models.render(project_root) != count_models.written(project_root):
            found.append(
                f"{count_models.MACRO}: expected the count models that there are, found others - run `minhu kpi write`; the "
                "macro is written, never edited"
            )
    return kpis, found


def write(project_root: Path, unpublished: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Write the seeds if nothing is missing or wrong.

    Args:
        project_root: of the checkout.
        unpublished: KPIs under whose newest version no night was published, so that it may still change its meaning.

    Returns:
        The files below dbt_project that were changed, and what is missing or wrong; where there is something, nothing was written.
    """
    kpis, found = read_folder(project_root / KPIS_FOLDER)
    project = read_project(project_root)
    free = {(kpi.kpi_id, kpi.variant, kpi.contract_version) for kpi in kpis if kpi.kpi_id in unpublished}
    project = replace(project, recorded={key: value for key, value in project.recorded.items() if key not in free})
    found += problems(kpis, project)
    if found:
        return [], found
    changed = [f"seeds/{name}.csv" for name in seeds.write(seeds.render(kpis, project), project_root)]
    return changed + (["macros/count_models.sql"] if count_models.write(project_root) else []), []


def problems(kpis: Sequence[Kpi], project: Project) -> list[str]:
    """What is missing or wrong of KPIs that could be read, one sentence each."""
    known = {kpi.key for kpi in kpis}
    found = [
        f"kpis/{kpi_id}.yml: {variant}: it was published, and no file describes it any more - restore it: what was "
        "published is still read"
        for kpi_id, variant in dict.fromkeys((kpi_id, variant) for kpi_id, variant, _ in project.recorded)
        if f"{kpi_id}/{variant}" not in known
    ]
    for kpi in kpis:
        said = [*_count_problems(kpi, project), *_grain_problems(kpi, project), *_origin_problems(kpi, project)]
        said += [
            f"components: {component} is no KPI and variant - name it as in H07/main"
            for component in kpi.components
            if component not in known
        ]
        found += [f"kpis/{kpi.kpi_id}.yml: {kpi.variant}: {sentence}" for sentence in said]
        found += version_problems(kpi, project.recorded, project.changelog)
    return found


def _count_problems(kpi: Kpi, project: Project) -> Iterator[str]:
    """What is counted, and whether it can be made."""
    counts = project.counts
    if kpi.count_model in counts.composed_models:
        if kpi.expressions:
            yield f"count_model {kpi.count_model} is composed in SQL - remove numerator, denominator and sample_size"
        if kpi.kpi_id not in counts.composed:
            yield (
                f"count_model: no row of kpi_estimates or kpi_three_rate_scores is of {kpi.kpi_id}, so it would never be "
                f"published - add its SQL there and run `python -m tests.dbt.column_lineage`"
            )
        return
    model = counts.counted.get(kpi.count_model)
    if model is None:
        known = [*counts.counted, *counts.composed_models]
        yield f"count_model: expected one of {', '.join(sorted(known))}, found {kpi.count_model} - {_meant(kpi.count_model, known)}"
        return
    if model.only_for is not None and kpi.kpi_id not in model.only_for:
        yield (
            f"count_model: agg_{kpi.count_model}_by_period has no rows of {kpi.kpi_id}, so it would never be published - add "
            "what it counts to a model int_return_measures_* and run `python -m tests.dbt.column_lineage`"
        )
    if not kpi.numerator:
        yield "numerator: expected an expression over the counts, found nothing - add it"
    if not kpi.denominator and kpi.unit != "count":
        yield f"denominator: a figure of unit {kpi.unit} is divided by something, found nothing - add it, or let unit be count"
    for name in named_counts(kpi):
        if name not in model.counts:
            yield (
                f"agg_{kpi.count_model}_by_period has no count {name} - {_meant(name, model.counts)}; one that was added "
                f"to the model is known after `python -m tests.dbt.column_lineage` ({COUNTS_FILE})"
            )
    for level in kpi.levels:
        if level not in model.levels:
            yield (
                f"levels: agg_{kpi.count_model}_by_period counts for {', '.join(sorted(model.levels))}, not for {level}: "
                "that level would have no cells - remove it"
            )


def _grain_problems(kpi: Kpi, project: Project) -> Iterator[str]:
    """Levels, periods, and whether they meet."""
    levels = {level for level, _ in project.grain_periods}
    periods = {period for _, period in project.grain_periods}
    plain = [period for period in kpi.periods if "/" not in period]
    for level in kpi.levels:
        if level not in levels:
            yield f"levels: expected some of {', '.join(sorted(levels))}, found {level} - {_meant(level, levels)}"
    for period in plain:
        if period not in periods:
            yield f"periods: expected some of {', '.join(sorted(periods))}, found {period} - {_meant(period, periods)}"
    for added in kpi.periods:
        level, _, period = added.partition("/")
        if "/" in added and (level not in kpi.levels or period not in periods):
            yield f"periods: {added} adds a period to a level, found no such level or period - write one of its levels, as in street/day"
    made = seeds.grains(kpi, project.grain_periods)
    if not made:
        yield (
            f"levels {', '.join(kpi.levels)} have none of the periods {', '.join(kpi.periods)} (seed grain_periods), so it "
            f"would never be published - add a period, or one of a level, as in {kpi.levels[0]}/{plain[0] if plain else 'day'}"
        )
        return
    for level in kpi.levels:
        if level in levels and level not in {made_level for made_level, _ in made}:
            yield f"levels: {level} has none of the periods {', '.join(kpi.periods)} (seed grain_periods) - remove it or add a period"
    for period in plain:
        if period in periods and period not in {made_period for _, made_period in made}:
            yield f"periods: {period} exists at none of the levels {', '.join(kpi.levels)} (seed grain_periods) - remove it"
    if kpi.band_below < kpi.suppress_below:
        yield (
            f"band_below: expected at least suppress_below, {kpi.suppress_below}, found {kpi.band_below}: the note stands on "
            "cells that are shown - raise it"
        )


def _origin_problems(kpi: Kpi, project: Project) -> Iterator[str]:
    """What the figure is made of, and by which days it counts."""
    counts = project.counts
    if kpi.source not in contracts.SOURCES:
        yield f"source: expected one of {', '.join(contracts.SOURCES)}, found {kpi.source} - {_meant(kpi.source, contracts.SOURCES)}"
    if kpi.requires not in contracts.INPUTS:
        yield f"requires: expected one of {', '.join(contracts.INPUTS)}, found {kpi.requires} - {_meant(kpi.requires, contracts.INPUTS)}"
    reachable = counts.composed_inputs.union(*(model.inputs for model in counts.counted.values()))
    for name in kpi.inputs:
        if name not in reachable:
            yield f"inputs: no figure is made of {name} - {_meant(name, reachable)}"
    if kpi.count_model in counts.counted and f"agg_{kpi.count_model}_by_period" not in kpi.inputs:
        yield f"inputs: agg_{kpi.count_model}_by_period, where its counts stand, is missing - add it"
    for anchor in kpi.anchors:
        if anchor not in project.anchors:
            yield f"anchors: macros/anchors.sql knows no {anchor} - {_meant(anchor, project.anchors)}"
        elif _table(anchor) not in kpi.inputs:
            yield f"anchors: {anchor} is of a table that is not among its inputs - add {_table(anchor)}, or remove the anchor"
    for table in sorted({_table(anchor) for anchor in project.anchors} & set(kpi.inputs)):
        if table not in map(_table, kpi.anchors):
            offered = sorted(anchor for anchor in project.anchors if _table(anchor) == table)
            yield (
                f"anchors: it counts {table} by a day that is not named, so records set aside there would not weigh on it - "
                f"add one of {', '.join(offered)}"
            )
    try:
        rests_on = counts.landed_columns(kpi)
    except KeyError:
        return  # said of the count model and its counts
    if not rests_on:
        yield (
            "inputs: no landed column of them is below its figure, so nothing found in a delivery would reach it - name the "
            f"landed tables that agg_{kpi.count_model}_by_period counts, as source.table"
        )


def _table(anchor: str) -> str:
    return anchor.partition("/")[0]


def _meant(word: str, known: Collection[str]) -> str:
    found = difflib.get_close_matches(word, sorted(known), 1)
    return f"write {found[0]}" if found else "correct or remove it"
