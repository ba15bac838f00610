"""What loading can find: every rule with its severity, and the collector of findings."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from minhu.findings import Finding, Severity, sample

#: Rule id to severity and meaning. ``warn`` puts a note on the KPIs that rest on orders: a figure may be wrong, or rows
#: go to quarantine. ``info`` is for the auditor. What makes a file unusable is an error, not a finding.
RULES: dict[str, tuple[Severity, str]] = {
    "L1-ORD-001": ("info", "the same row again, id included: counted once"),
    "L1-ORD-002": ("warn", "one id with different content: one of the rows counts"),
    "L1-ORD-003": ("info", "rows that are identical but for the id"),
    "L1-ORD-004": ("info", "characters outside ASCII in a file that should have none"),
    "L1-ORD-005": ("warn", "a row that cannot become an order: kept in hotline.load_rejects"),
    "L1-ORD-006": ("warn", "a time in a form the map does not know: taken as missing"),
    "L1-ORD-007": ("warn", "closed before it was created"),
    "L1-ORD-008": ("warn", "a status time before its creation"),
    "L1-ORD-009": ("warn", "a deadline before its creation"),
    "L1-ORD-010": ("info", "no deadline: not in the due set of H05 and H06"),
    "L1-ORD-011": ("info", "ids and names of units disagree"),
    "L1-ORD-012": ("info", "ids and names of categories disagree"),
    "L1-ORD-013": ("warn", "words the map does not know: taken as missing"),
    "L1-ORD-014": ("info", "several words for one state"),
    "L1-ORD-015": ("warn", "a column of times that holds dates exported as times"),
    "L1-ORD-016": ("info", "a value that is missing"),
    "L1-ORD-017": ("info", "closed as a duplicate without naming the order it repeats"),
    "L1-ORD-018": ("info", "ids and names of places disagree"),
    "L1-ORD-019": ("info", "a level of the place is missing: counted above it only"),
    "L1-ORD-020": ("info", "no unit or no category"),
    "L1-ORD-021": ("info", "the city's own flag says neither on time nor late, or both: not in its due set"),
    "L1-ORD-022": ("info", "the city's own flag says on time where the contract does not"),
    "L1-ORD-023": ("warn", "characters that could not be decoded"),
    "L1-ORD-024": ("info", "one id again, different only in columns that are not read: counted once"),
    "L1-ORD-025": ("warn", "a time that cannot be: before 2000, or after all that the files can know"),
    "L1-ORD-026": ("info", "a local time that a clock change skipped or made twice"),
    "L1-ORD-027": ("warn", "closed without a closing time"),
    "L1-ORD-028": ("info", "a closing time but not closed: opened again, counted as open"),
    "L1-ORD-029": ("info", "the last status is older than the closing"),
    "L1-ORD-030": ("info", "words that the contract has no code for"),
    "L1-ORD-031": ("info", "an id that never comes with a name, or a name without its id"),
    "L1-ORD-032": ("info", "one place under several places: its part in each is a place of its own"),
    "L1-ORD-033": ("info", "two columns that should say the same disagree"),
    "L1-ORD-034": ("info", "merged into an order that is not in the files"),
    "L1-ORD-035": ("warn", "orders merged into themselves or in a circle: not taken as merged"),
    "L1-ORD-036": ("info", "columns that are not read"),
    "L1-ORD-037": ("info", "no place at all: counted at the place 'unknown'"),
    "L1-ORD-038": ("info", "the city's own flag says late where the contract says on time"),
    "L1-ORD-039": ("info", "a deadline at the moment of creation"),
    "L1-ORD-040": ("info", "closed at the moment of creation"),
    "L1-ORD-041": ("warn", "no status: the order goes to quarantine"),
    "L1-ORD-042": ("warn", "flags of open orders put the business date after every event"),
    "L1-ORD-043": (
        "warn",
        "a time far from all others, as by a slip of the pen: it does not move the business date (file.known_until does)",
    ),
    "L1-ORD-044": ("info", "a flag calls a deadline missed that lies after the business date: not believed"),
    "L1-ORD-045": ("info", "only a date, without a time of day: taken as the end of that day"),
    "L1-ORD-046": ("info", "rows that the map leaves out"),
    "L1-ORD-047": ("warn", "a file without a row"),
    "L1-ORD-048": ("warn", "every time of the column is midnight: if they are dates, name the field in file.dates"),
    "L1-ORD-049": ("info", "further parts of an order: it is closed when all of them are"),
    "L1-ORD-050": ("info", "no unit in any row: one that says so stands in the list, and no KPI is rated by unit"),
    "L1-ORD-051": (
        "warn",
        "closed on a date, without a time of day: no duration can be known, and [absent] does not say so",
    ),
    "L1-ORD-052": ("info", "sheets of a workbook that are not read"),
}


@dataclass
class Notes:
    """Collects findings about orders. Samples are order ids, never other content of a row.

    Attributes:
        ids: order id by row index, for samples.
        days: day of creation by row index, where one is known: a finding stands against the periods of its orders, not
            against the day on which a file of history was loaded.
    """

    ids: pd.Series
    days: pd.Series | None = None
    findings: list[Finding] = field(default_factory=list)

    def rows(self, rule_id: str, failed: pd.Series, message: str = "", column: str = "") -> int:
        """A finding about the rows where ``failed`` is true, if there are any; returns how many.

        Args:
            rule_id: of ``RULES``.
            failed: true where the rule is broken; its length is the number of rows seen.
            message: one sentence for a person; by default the rule's own.
            column: of ``hotline.work_orders``.
        """
        broken = failed.index[failed.fillna(False).astype(bool)]
        if len(broken):
            keys = sample(list(self.ids.loc[broken].dropna()))
            self.add(rule_id, len(failed), len(broken), message, column, keys, broken)
        return len(broken)

    def add(self, rule_id: str, seen: int, failed: int, message: str = "", column: str = "", keys: str = "",
            broken: pd.Index | None = None) -> None:  # fmt: skip
        """A finding with counts of its own; ``broken`` are the rows it is about, where it is not about all."""
        severity, meaning = RULES[rule_id]
        first, last = self.span(broken)
        self.findings.append(
            Finding(
                rule_id, severity, "hotline", "hotline.work_orders", message or meaning, column_name=column,
                rows_seen=seen, rows_failed=failed, sample_keys=keys, period_from=first, period_to=last,
            )
        )  # fmt: skip

    def span(self, broken: pd.Index | None = None) -> tuple[str, str]:
        """First and last day of creation of some rows, ISO; of all where none of theirs is known."""
        if self.days is None:
            return "", ""
        known = self.days.dropna()
        days = known[known.index.isin(broken)] if broken is not None else known
        days = known if days.empty else days
        return (days.min().date().isoformat(), days.max().date().isoformat()) if len(days) else ("", "")


def counted(values: pd.Series, most: int = 12, longest: int = 40) -> str:
    """Values with their counts, for messages: the most frequent first. Long texts are left out, they may be personal."""
    counts = values.value_counts()
    words = sorted(((int(n), str(w)) for w, n in counts.items() if len(str(w)) <= longest), key=lambda c: (-c[0], c[1]))
    rest = int(counts.sum()) - sum(n for n, _ in words[:most])
    shown = [f"{word} ({number})" for number, word in words[:most]]
    return ", ".join([*shown, *([f"others ({rest})"] if rest else [])])
