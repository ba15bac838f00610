"""What pages for readers share, the dossier and the KPI site: how values are written, words of codes, style, script."""

from importlib import resources


def asset(name: str) -> str:
    """Text of ``style.css`` or ``page.js``."""
    return (resources.files("minhu.reports.presentation") / name).read_text(encoding="utf-8")
