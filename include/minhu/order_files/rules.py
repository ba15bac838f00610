"""What loading can find: every rule with its severity, and the collector of findings."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import cast

import pandas as pd

from minhu.findings import Finding, Severity, sample
from minhu.settings import PROJECT_ROOT

_SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "order_file_rules.csv"


def _read_rules() -> dict[str, tuple[Severity, str]]:
    with _SEED.open(encoding="utf-8", newline="") as stream:
        return {row["rule_id"]: (cast(Severity, row["severity"]), row["reason"]) for row in csv.DictReader(stream)}


#: Rule id to severity and meaning, from the seed in which readers find them in Chinese too. ``warn`` puts a note on the KPIs
#: that rest on orders: a figure may be wrong, or rows go to quarantine. ``info`` is for the auditor. What makes a file
#: unusable is an error, not a finding.
RULES = _read_rules()


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
            keys = sample(self.ids.loc[broken].dropna().to_numpy(dtype=object).tolist())
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
