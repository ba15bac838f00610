"""Which sources of a date have announced since its build was asked for last.

Airflow can be told to wait for four assets of one date. Where two of them are announced at the same moment it may note two
waits, each of which lacks what the other has, and neither is ever over (apache/airflow#71070, on PostgreSQL). So the wait is
kept here: the file system lets exactly one announcement complete a round, and that one asks for the build.
"""

from __future__ import annotations

import shutil
from contextlib import suppress

from minhu.extract import registry
from minhu.landing.night import Night

_TRIES = 5


def completes(night: Night, source: str, run_id: str) -> bool:
    """Note that a source has announced; whether the build is to be asked for now, by this run and by no other.

    A run that is begun again after it completed a round asks again: nobody knows whether its first asking was heard.

    Args:
        night: of the date.
        source: that has announced.
        run_id: of the run of its extract.
    """
    waiting = night.settings.home / "announced" / night.business_date.isoformat()
    mine = waiting.with_name(f"{waiting.name}.completed-by-{source}")
    asked_before = (mine / source).is_file() and (mine / source).read_text(encoding="utf-8") == run_id
    for _ in range(_TRIES):
        waiting.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another source took the folder away between the two lines
            (waiting / source).write_text(run_id, encoding="utf-8")
            break
    if not all((waiting / name).exists() for name in registry.names()):
        return asked_before
    taken = waiting.with_name(f".{waiting.name}.{source}")
    shutil.rmtree(taken, ignore_errors=True)
    try:
        waiting.rename(taken)  # one of those who see the round complete does this first
    except FileNotFoundError:
        return asked_before
    shutil.rmtree(mine, ignore_errors=True)
    taken.rename(mine)
    return True
