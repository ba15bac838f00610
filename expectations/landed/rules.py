"""What every expectation of an arrival suite carries."""

from __future__ import annotations


def rule(rule_id: str, severity: str, why: str) -> dict[str, str]:
    """Metadata of an expectation: its rule id, what follows from a failure (``block``, ``warn``), and why it is asked."""
    return {"rule_id": rule_id, "severity": severity, "why": why}
