"""What every expectation of an arrival suite carries."""

from __future__ import annotations

#: What ``minhu.extract.privacy`` writes where a person, a text or a place was. Anything else at the door may be the original.
PSEUDONYM = r"^[0-9a-f]{8}-[0-9a-f]{32}$"
FINGERPRINT = r"^[0-9a-f]{16}$"
CELL = r"^-?\d{1,3}\.\d\d_-?\d{1,2}\.\d\d$"
CODE = r"^[A-Za-z0-9_:+. -]{0,40}$"


def rule(rule_id: str, severity: str, why: str, *, only_first: bool = False, needs: str = "") -> dict[str, str]:
    """Metadata of an expectation.

    Args:
        rule_id: ``L1-<source>-<nnn>``, explained in docs/rules-arrival.md.
        severity: what follows from a failure, ``block`` or ``warn``.
        why: what is asked, for the person who reads the finding.
        only_first: asked of the first delivery alone, which is open to the left.
        needs: an input (``minhu.landing.contracts.INPUTS``) without which the rule has no meaning.
    """
    return {
        "rule_id": rule_id,
        "severity": severity,
        "why": why,
        "only_first": "yes" if only_first else "",
        "needs": needs,
    }
