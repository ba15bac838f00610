"""The grid platform: an HTTP JSON API with bearer token, pages that may shift, and limits on requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu.business_dates import Window, extraction_window
from minhu.extract import columns, missing, privacy
from minhu.extract.grid import completeness
from minhu.extract.grid.events import Events, read_events, verifications
from minhu.extract.grid.json_api import JsonApi
from minhu.extract.grid.listing import read_days, read_listing
from minhu.extract.grid.tables import Faults, Row, blocked, landed_table, one_of_each, unknown_fields
from minhu.extract.privacy import Pseudonyms
from minhu.landing import contracts
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings
from minhu.texts import without_lone_surrogates

#: Aggregates of a day are asked day by day; a longer silence than this is made good by the platform's owner.
LONGEST_CATCH_UP_DAYS = 31
#: Tables whose versions are told apart while events are read.
_OF_EVENTS = ("events", "event_verifications")


def land(
    settings: Settings,
    landing: Landing,
    business_date: date,
    base_url: str,
    token: str,
    pseudonyms: Pseudonyms,
    progress: Callable[[str], None] = lambda _: None,
) -> Attempt:
    """Read everything changed up to the end of ``business_date`` and land it.

    Events are read until as many different ones are known as the platform says there are; a page that shifts may bring
    a row twice, never lose it for good. The aggregates of days are read for each day since the last accepted delivery,
    in the first night for the business date alone.

    Args:
        settings: overlap and time zone.
        landing: where to write.
        business_date: local day.
        base_url: of the platform, without the path.
        token: bearer token.
        pseudonyms: the home's key.
        progress: told a line per table.

    Raises:
        TransientError: it does not answer, or not with success, after several tries, or changes faster than it reads.
        PermanentError: it refuses the token, redirects, has no trusted certificate, or knows no such path.
        SourceBlocked: many rows lack a required field or have a value of another kind in it, or rows are missing against
            its own total.
    """
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("grid", business_date), settings.overlap_days
    )
    days = _days_to_ask(landing, business_date)
    faults = Faults()
    try:
        events, answers = _read(base_url, token, window, days, settings.zone, faults, progress)
    except RecursionError:
        raise blocked("an answer", "brackets nested deeper than any listing has") from None
    findings = [*events.findings]
    tables: dict[str, pa.Table] = {}
    totals: dict[str, dict[str, int]] = {}
    for contract in contracts.tables_of("grid"):
        rows = answers[contract.name]
        if contract.name not in _OF_EVENTS:
            rows = one_of_each(contract, rows, faults)
        findings += unknown_fields(contract, rows)
        derived = _without_persons(rows, pseudonyms) if contract.name == "events" else {}
        tables[contract.name] = landed_table(contract, rows, settings.zone, faults, derived)
        totals[contract.name] = {"rows": len(rows)}
        findings += columns.broken_codes("L1-GRD-026", contract, tables[contract.name])
        findings += faults.findings(contract.full_name, events.known if contract.name == "events" else len(rows))
    outcome = completeness.Outcome()
    if settings.holds_against_source:
        with _api(base_url, token) as api:
            outcome = completeness.check(
                settings.home, api, window, settings.zone, tables["events"]["event_id"],
                missing.before(landing, contracts.table("grid", "events"), business_date), settings.missing_percent,
            )  # fmt: skip
    findings += outcome.findings
    totals["events"] = {"rows": events.total, "outside_window": events.outside} | outcome.totals
    return landing.write_attempt("grid", business_date, window, tables, totals, findings)


def _read(
    base_url: str,
    token: str,
    window: Window,
    days: list[date],
    zone: ZoneInfo,
    faults: Faults,
    progress: Callable[[str], None],
) -> tuple[Events, dict[str, list[Row]]]:
    """The events, and the rows of every table."""
    with _api(base_url, token) as api:
        events = read_events(api, window, zone, faults)
        progress(f"grid.events: {len(events.rows):,} rows")
        return events, {
            "events": events.rows,
            "event_verifications": verifications(events.rows, faults),
            "grids": read_listing(api, "/api/v1/grids"),
            "worker_activity": read_days(api, "/api/v1/workers/activity", "activity_date", days),
            "address_coverage": read_days(api, "/api/v1/addresses/coverage", "coverage_date", days),
        }


def _api(base_url: str, token: str) -> JsonApi:
    return JsonApi(base_url, token, "grid platform", "minhu_grid")


def _days_to_ask(landing: Landing, business_date: date) -> list[date]:
    accepted = [
        arrival.business_date
        for arrival in landing.arrivals("grid", business_date - timedelta(days=1))
        if arrival.attempt is not None
    ]
    missed = (business_date - max(accepted)).days - 1 if accepted else 0
    return [business_date - timedelta(days=back) for back in range(min(missed, LONGEST_CATCH_UP_DAYS), -1, -1)]


def _without_persons(events: list[Row], pseudonyms: Pseudonyms) -> dict[str, pa.Array]:
    """What lands of who reported and where."""
    reporters = [_reporter(pseudonyms, event.get("reporter_id")) for event in events]
    cells = [privacy.location_cell(event.get("lon"), event.get("lat")) for event in events]
    return {"reporter_key": pa.array(reporters, pa.string()), "location_cell": pa.array(cells, pa.string())}


def _reporter(pseudonyms: Pseudonyms, found: object) -> str | None:
    return pseudonyms.person("staff", without_lone_surrogates(str(found))) if isinstance(found, str | int) else None
