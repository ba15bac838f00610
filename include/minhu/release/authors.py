"""Who made a release: who ran its night or asked for it by hand, and who wrote a waiver it rests on.

None of them can sign it off. Names are compared as a person reads them: capitals, width of letters and spaces around
them make no other person. So people need one name everywhere: at the operating system, in Airflow and in waivers.
"""

from __future__ import annotations

import unicodedata

from minhu import settings as settings_module
from minhu.landing.night import Night
from minhu.ledger.chain import Event
from minhu.release.release_folder import Release
from minhu.settings import NO_PERSONS


def note_asked(night: Night, name: str | None) -> None:
    """Remember who asked for a night by hand in Airflow; the run that publishes it is started by assets and knows nobody.

    Args:
        night: of the city.
        name: the user in Airflow; None for a run that the schedule or an asset began.
    """
    if name is None or name in NO_PERSONS:
        return
    path = night.settings.home / "asked" / f"{night.business_date.isoformat()}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:  # extracts run side by side: a short line is appended whole
        stream.write(" ".join(name.split()) + "\n")


def of_publication(night: Night) -> list[str]:
    """The account this process runs for, and everybody who asked for the night by hand; sorted, each once."""
    path = night.settings.home / "asked" / f"{night.business_date.isoformat()}.txt"
    asked = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return sorted({settings_module.account(), *asked})


def of_release(event: Event, release: Release) -> dict[str, str]:
    """Who cannot sign a release off, and why, as the second half of a sentence.

    Args:
        event: the ledger's line of the release.
        release: its folder.
    """
    found = dict.fromkeys(event.published_by, "ran or asked for the night that made it")
    if "waivers" in release.table_names:
        for row in release.table("waivers").to_pylist():
            if row["status"] == "holds":
                found.setdefault(row["author"], f"wrote waiver {row['waiver_id']}, on which it rests")
    return found


def reason(authors: dict[str, str], name: str) -> str | None:
    """Why ``name`` is one of the authors; None where it is not."""
    return next((why for author, why in authors.items() if is_same(author, name)), None)


def is_same(one: str, other: str) -> bool:
    """Whether two names are one person's to a reader."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
