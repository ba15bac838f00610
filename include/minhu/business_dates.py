"""Business dates and the change-time windows that extracts read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from minhu.errors import UsageError


@dataclass(frozen=True)
class Window:
    """A half-open interval of change times, ``start <= t < end``, both UTC and aware; no start means "from the first"."""

    start: datetime | None
    end: datetime

    def as_text(self) -> dict[str, str | None]:
        return {"start": self.start.isoformat() if self.start else None, "end": self.end.isoformat()}


def parse_business_date(text: str | None) -> date:
    """A business date from its partition key (``2026-11-20``).

    Raises:
        UsageError: no key, or not an ISO date. A run without a key must be refused, never guessed.
    """
    if not text:
        raise UsageError(
            "read the business date", "the run has no partition key", "trigger it with partition_key=YYYY-MM-DD"
        )
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "read the business date", f"expected YYYY-MM-DD, found {text!r}", "correct the date and run again"
        ) from None


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local calendar day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The ``as_of`` of a business date: the first instant of the next local day, in UTC."""
    return day_start(day + timedelta(days=1), zone)


def landed_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """A source's time as it lands: UTC without an offset.

    Args:
        moment: aware, or local to ``zone``. A local time that a clock change made twice is its first occurrence.
        zone: the city's time zone.
    """
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # years 1 and 9999 at the edge of the calendar: kept recognisable for the record rules
        return moment.replace(tzinfo=None)


def extraction_window(day: date, zone: ZoneInfo, previous_end: datetime | None, overlap_days: int) -> Window:
    """What an extract of ``day`` reads: everything changed since the last accepted delivery before it.

    The overlap re-reads the days before, for rows that were committed late with an earlier change time. A source
    that missed nights is caught up by the same rule, and without any earlier delivery the window is open to the left.

    Args:
        day: business date.
        zone: the city's time zone.
        previous_end: end of the window of the last accepted delivery with an earlier business date.
        overlap_days: days read again, at least 0.
    """
    start = previous_end - timedelta(days=overlap_days) if previous_end else None
    return Window(start, end_of(day, zone))
