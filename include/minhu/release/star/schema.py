"""All views of the star, in the order in which a reader is told them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from minhu.release.published_contract import Contract
from minhu.release.star import breakdowns, dimensions, facts
from minhu.release.star.views import View
from minhu.release.star.wide import Kpi, wide_kpi_months

#: What makes a view, and the published tables it reads besides the list of releases.
_MAKERS: tuple[tuple[Callable[[Contract], View], tuple[str, ...]], ...] = (
    (dimensions.dim_kpi, ("kpi_contract",)),
    (dimensions.dim_unit, ("dim_places", "dim_units", "dim_points")),
    (dimensions.dim_unit_history, ("dim_place_versions", "dim_unit_versions")),
    (dimensions.dim_date, ("periods",)),
    (dimensions.dim_period, ("periods",)),
    (dimensions.dim_release, ()),
    (facts.fct_kpi_results, ("kpi_results",)),
    (facts.fct_kpi_results_full, ("kpi_results",)),
    (facts.fct_kpi_results_all, ("kpi_results",)),
    (breakdowns.fct_kpi_breakdowns, ("kpi_breakdowns",)),
    (facts.fct_kpi_signals, ("kpi_signals",)),
    (facts.fct_kpi_changes, ("kpi_changes",)),
    (facts.fct_kpi_peers, ("peer_comparisons",)),
    (facts.fct_findings, ("quality_findings", "quality_rules")),
    (facts.release_banner, ("kpi_results",)),
)


def views(contract: Contract, tables: Iterable[str], kpis: Sequence[Kpi] = ()) -> list[View]:
    """The views that can be made: a release from before one of their tables has no such view.

    Args:
        contract: of what is published.
        tables: that are there.
        kpis: columns of the wide view, which needs one at least.
    """
    present = set(tables).intersection(contract.tables)
    found = [make(contract) for make, reads in _MAKERS if present.issuperset(reads)]
    if kpis and "kpi_results" in present:
        found.append(wide_kpi_months(contract, kpis))
    return found
