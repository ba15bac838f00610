"""The database restarted in the middle of publishing: nothing half-published, and the same date again finishes."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from minhu.errors import TransientError
from minhu.landing.night import Night
from minhu.release import publisher
from minhu.standalone import postgres
from tests.release.conftest import D20, IDENTITY, LANDING, Home, empty_database, settings_at


@pytest.mark.parametrize("moment", ["folder complete", "in the ledger", "kpi_results +", "before commit"])
def test_a_server_restarted_while_publishing_leaves_all_old_or_all_new(tmp_path: Path, moment: str) -> None:
    folder = tmp_path / "pg"
    postgres.start(folder)
    try:
        home = Home(settings_at(tmp_path / "home"), empty_database(folder, "restarted"))
        home.build(D20)
        restarted: list[str] = []

        def restart_once(line: str) -> None:
            if moment in line and not restarted:
                restarted.append(line)
                postgres.stop(folder)
                postgres.start(folder)

        try:
            publisher.publish(Night(home.settings, D20), home.uri, IDENTITY, LANDING, restart_once)
        except TransientError as error:
            assert "run" in str(error)
        assert restarted, "the restart must have hit"
        again = publisher.publish(Night(home.settings, D20), home.uri, IDENTITY, LANDING)
        with psycopg.connect(home.uri) as connection:
            cells = connection.execute(
                "select count(*), min(release_id), max(release_id) from published.kpi_results"
            ).fetchall()
        assert cells == [(5, again.release_id, again.release_id)]
    finally:
        postgres.stop(folder)
