"""Great Expectations on pandas frames: the suites at both doors, turned into findings."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pandas as pd

from minhu.extract import missing, registry
from minhu.findings import Finding, sample
from minhu.landing import contracts
from minhu.landing.zone import Arrival, Attempt, Landing
from minhu.settings import Settings


@dataclass(frozen=True)
class Failure:
    """An expectation that did not hold.

    Attributes:
        meta: rule id, severity and reason as written in the suite.
        column: the column it speaks of, "" for a table.
        positions: positions of the failing rows in the frame; empty where it speaks of the table, or could not run.
        could_run: False where the check itself broke.
    """

    meta: Mapping[str, str]
    column: str
    positions: tuple[int, ...]
    could_run: bool


def run_suites(
    suites: Mapping[str, tuple[pd.DataFrame, Sequence[Any]]], parameters: Mapping[str, Any] | None = None
) -> dict[str, list[Failure]]:
    """Validate frames, all in one context.

    Args:
        suites: per name, a frame with a plain range index, and its expectations.
        parameters: values of what the expectations name as ``$PARAMETER``.

    Returns:
        Failures per name, in the order of the expectations.
    """
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.ERROR)  # it talks at length; its import sets the level
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = context.data_sources.add_pandas("frames")
    failures: dict[str, list[Failure]] = {}
    for name, (frame, expectations) in suites.items():
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
        suite = gx.ExpectationSuite(name=name, expectations=[e.copy() for e in expectations])
        outcome = batch.get_batch({"dataframe": frame.assign(_position=range(len(frame)))}).validate(
            suite,  # in no store: whatever is added to a context is written there as YAML first
            expectation_parameters=dict(parameters or {}),
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["_position"]},
        )
        order = {expectation.meta["rule_id"]: number for number, expectation in enumerate(expectations)}
        failed = [_failure(result) for result in outcome.results if not result.success]
        failures[name] = sorted(failed, key=lambda failure: order[failure.meta["rule_id"]])
    return failures


def validate_arrival(settings: Settings, landing: Landing, attempt: Attempt) -> list[Finding]:
    """Run the arrival suites over every table of an attempt.

    Returns:
        A finding per rule that does not hold, with business keys of failing rows, and one per table whose rules saw
        no rows.
    """
    frames, parameters = arrival_suites(settings, landing, attempt)
    findings = [
        _saw_nothing(attempt.source, name, len(asked)) for name, (frame, asked) in frames.items() if frame.empty
    ]
    for name, failed in run_suites(frames, parameters).items():
        contract = contracts.table(*name.split("."))
        frame = frames[name][0]
        findings += [_finding(failure, contract.full_name, contract.key, frame) for failure in failed]
    return findings


def arrival_suites(
    settings: Settings, landing: Landing, attempt: Attempt
) -> tuple[dict[str, tuple[pd.DataFrame, Sequence[Any]]], dict[str, Any]]:
    """The frames of an attempt with what is asked of each, and the values of the parameters; see :func:`run_suites`."""
    frames: dict[str, tuple[pd.DataFrame, Sequence[Any]]] = {}
    for contract in contracts.tables_of(attempt.source):
        table = landing.read_table(attempt.source, contract.name, attempt.business_date, attempt.number)
        if table.num_rows == 0 and registry.source(attempt.source).empty_rule is None:
            continue
        module = importlib.import_module(f"expectations.landed.{contract.source}_{contract.name}")
        asked = [e for e in module.EXPECTATIONS if _is_asked(e.meta, settings, attempt)]
        frames[contract.full_name] = (table.to_pandas(), asked)
    return frames, {"window_end": attempt.window.end.astimezone(UTC).replace(tzinfo=None)}


def arrive(settings: Settings, landing: Landing, attempt: Attempt) -> Arrival:
    """Accept an attempt, or refuse it if a blocking rule of its suites does not hold, or a list was cut short.

    What blocks one unit refuses nothing: the gate withholds that unit.
    """
    findings = validate_arrival(settings, landing, attempt)
    if settings.city.kind != "loaded":  # there lists are made of the orders, which are held against those before
        findings += missing.gone_from_lists(landing, attempt, settings.missing_percent)
    blocking = [f for f in (*attempt.findings, *findings) if f.severity == "block" and not f.unit_code]
    if blocking:
        reason = "; ".join(f"{f.rule_id} {f.table_name}: {f.message}" for f in sorted(blocking))
        return landing.block(attempt.source, attempt.business_date, reason, [*attempt.findings, *findings])
    return landing.accept(attempt, findings)


def _is_asked(meta: Mapping[str, str], settings: Settings, attempt: Attempt) -> bool:
    """Whether a rule has a meaning for this delivery; see ``expectations.landed.rules``."""
    is_first = attempt.window.start is None
    return (is_first or not meta.get("only_first")) and meta.get("needs") not in settings.city.absent_inputs


def _saw_nothing(source: str, table_name: str, rules: int) -> Finding:
    rule = registry.source(source).empty_rule
    assert rule is not None  # a table of a source that may be empty is not looked at
    return Finding(*rule, source, table_name, f"no rows came: {rules} rules had nothing to look at")


def _failure(result: Any) -> Failure:
    config = result.expectation_config
    index = result.result.get("unexpected_index_list") or []
    return Failure(
        meta=config.meta,
        column=str(config.kwargs.get("column") or ""),
        positions=tuple(sorted({int(entry["_position"]) for entry in index})),
        could_run=not _has_raised(result.exception_info or {}),
    )


def _has_raised(exception_info: Mapping[str, Any]) -> bool:
    """Great Expectations notes an exception flat for an expectation, or one deeper per metric that raised."""
    infos = [exception_info, *(info for info in exception_info.values() if isinstance(info, Mapping))]
    return any(info.get("raised_exception", False) for info in infos)


def _finding(failure: Failure, table_name: str, key: Sequence[str], frame: pd.DataFrame) -> Finding:
    rows = frame.iloc[list(failure.positions)]
    keys = ["/".join(str(value).replace(" ", "T") for value in row) for row in rows[list(key)].itertuples(index=False)]
    says = "does not hold" if failure.could_run else "could not be checked"
    return Finding(
        rule_id=failure.meta["rule_id"],
        severity=failure.meta["severity"],  # type: ignore[arg-type]  # written by rule() as one of the severities
        source=table_name.split(".")[0],
        table_name=table_name,
        column_name=failure.column,
        rows_seen=len(frame),
        rows_failed=len(rows) or 1,
        sample_keys=sample(keys),
        message=f"{says}: {failure.meta['why']}",
    )
