"""Releases in PostgreSQL: versioned rows, one pointer, views for readers (``sql/published.sql``).

A release is loaded from its folder in one transaction: the rows that changed are inserted, those they replace are
closed, the pointer moves. The versions form one line in the order of ``release_no``, so any release can be diffed
against the one before it whatever its business date; the pointer is independent of that order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from minhu.database import sessions
from minhu.errors import PermanentError, TransientError
from minhu.ledger.chain import Event, release_events
from minhu.ledger.chain import current as current_event
from minhu.release import published_load, published_star
from minhu.release import published_tables as tables
from minhu.release.published_contract import Contract
from minhu.release.release_folder import Progress, Release

KEEP_RELEASES = 35
LOCK_KEY = 0x6D696E6875  # "minhu"; one publisher at a time per database
STATEMENT_MILLISECONDS = 30 * 60 * 1000
SCHEMA_FILE = Path(__file__).with_name("published.sql")

Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def connect(uri: str) -> Iterator[Connection]:
    """A connection in autocommit mode; what goes wrong inside comes out as an error with a next step.

    Raises:
        TransientError: the server cannot be reached, or went away.
        PermanentError: it refuses this user.
    """
    try:
        with sessions.connect(
            uri, "published database", purpose="write", statement_milliseconds=STATEMENT_MILLISECONDS, autocommit=True
        ) as connection:
            yield connection
    except psycopg.OperationalError as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if re.search("authentication failed|no password supplied|does not exist", str(error)):
            raise PermanentError(
                "connect to the published database", first, "correct MINHU_PUBLISHED_URI (user, password, database)"
            ) from error
        raise TransientError(
            "work on the published database", first, "check that the server runs (`minhu db start`) and run again"
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise PermanentError(
            "write to the published database",
            str(error).splitlines()[0],
            "let this user create schemas there (grant create on database … to …), or own those that are there and what is in "
            "them (`published`, `published_store`), then run again",
        ) from error
    except psycopg.Error as error:  # its own text may quote a row
        kind = TransientError if sessions.may_pass(error) else PermanentError
        raise kind(
            "work on the published database",
            f"the server answered {sessions.what_happened(error)}",
            "readers keep the release they have; mend what it names and run the date again",
        ) from None


def current_release_id(connection: Connection) -> str | None:
    """The release the pointer names; None before the first."""
    if not _exists(connection, "published.releases"):
        return None
    row = connection.execute("select release_id from published.releases where is_current").fetchone()
    return str(row[0]) if row else None


def follow_ledger(
    uri: str, events: Sequence[Event], contract: Contract, open_release: Callable[[str], Release], progress: Progress
) -> None:
    """Bring the database to where the ledger is: each event it has not seen yet, in order, one transaction each.

    After a kill this finishes the missing steps; on a new database it rebuilds what would have been kept.

    Args:
        uri: libpq connection string.
        events: the whole ledger.
        contract: how tables are described, keyed and indexed.
        open_release: gives a release by its id, checked against the ledger.
        progress: told after each step.
    """
    with connect(uri) as connection:
        _follow(connection, events, contract, open_release, progress)


def rebuild(
    uri: str, events: Sequence[Event], contract: Contract, open_release: Callable[[str], Release], progress: Progress
) -> None:
    """Make everything anew from the ledger and the releases, in one transaction: readers see the old state or the new one.

    Arguments as in :func:`follow_ledger`. Views and rights that others added to the two schemas are gone.
    """
    with connect(uri) as connection, connection.transaction():
        _lock(connection)
        tables.act_as_owner(connection)
        connection.execute("drop schema if exists published, published_store cascade")
        _follow(connection, events, contract, open_release, progress)


def _follow(
    connection: Connection,
    events: Sequence[Event],
    contract: Contract,
    open_release: Callable[[str], Release],
    progress: Progress,
) -> None:
    _install(connection)
    known = {str(row[0]) for row in connection.execute("select line_sha256 from published_store.ledger_events")}
    pending = [event for event in events if event.sha256 not in known]
    wanted = _worth_loading(events)
    if pending:
        tables.bring_apart(connection, contract, lambda: _lock(connection), progress)
    for event in pending:
        # a sign-off changes no figure, and its release came to be known by a line above it
        is_loaded = event.kind != "sign_off" and event.release_id in wanted
        release = open_release(event.release_id) if is_loaded else None
        _apply(connection, contract, event, release, progress)
    if pending:
        with connection.transaction():
            _lock(connection)  # nobody moves the pointer to what is being forgotten
            purged = connection.execute("select published_store.purge(%s)", (KEEP_RELEASES,)).fetchone()
        progress(f"purged {purged[0] if purged else 0} old row versions")


def _worth_loading(events: Sequence[Event]) -> set[str]:
    """Releases a database must hold: the last ones, whatever was rolled back to or signed off, and the current one."""
    recent = list(release_events(events))[-KEEP_RELEASES:]
    named = {event.release_id for event in events if event.kind in ("rollback", "sign_off")}
    pointed = current_event(events)
    return {*recent, *named, *([pointed.release_id] if pointed else [])}


def _install(connection: Connection) -> None:
    """Create or upgrade the schema, only when this version of it is not there: readers wait for DDL."""
    text = SCHEMA_FILE.read_text(encoding="utf-8")
    digest = sha256(text.encode()).hexdigest()
    if _exists(connection, "published_store.installed"):
        row = connection.execute("select schema_sha256 from published_store.installed").fetchone()
        if row and row[0] == digest:
            return
    with connection.transaction():
        _lock(connection)
        tables.act_as_owner(connection)
        connection.execute(text.encode())
        connection.execute(
            "insert into published_store.installed (schema_sha256) values (%s) "
            "on conflict (singleton) do update set schema_sha256 = excluded.schema_sha256",
            (digest,),
        )


def _apply(
    connection: Connection, contract: Contract, event: Event, release: Release | None, progress: Progress
) -> None:
    """One ledger event, in one transaction. ``release`` is None for one too old to be kept here."""
    if release is not None:
        tables.ensure(connection, contract, release, lambda: _lock(connection), progress)
    with connection.transaction():
        _lock(connection)
        seen = connection.execute(
            "select 1 from published_store.ledger_events where line_sha256 = %s", (event.sha256,)
        ).fetchone()
        if seen:
            return
        if release is not None:
            _check_city(connection, release)
            number = _number_of(connection, release.release_id)
            if number is None:
                number = _load(connection, release, progress)
            _move_pointer(connection, event, number)
            # without it a count of all cells takes ten times as long: the planner takes them for tables of any size
            connection.execute("analyze published_store.releases, published_store.current_release")
        if event.sign_off is not None:
            connection.execute(
                "insert into published_store.sign_offs (release_id, signed_off_by, signed_off_on) values (%s, %s, %s) "
                "on conflict do nothing",
                (event.release_id, event.sign_off.approver, event.sign_off.approved_at.date()),
            )
        connection.execute(
            "insert into published_store.ledger_events (line_sha256, kind, release_id) values (%s, %s, %s)",
            (event.sha256, event.kind, event.release_id),
        )
        if release is not None:
            published_star.ensure(connection, contract, progress)
        progress(f"{event.release_id}: before commit")
    progress(f"{event.release_id}: {event.kind} committed")


def _load(connection: Connection, release: Release, progress: Progress) -> int:
    """Insert what changed against the newest loaded release and close what it replaces; the new number."""
    base = connection.execute(
        "select release_no, business_date, files from published_store.releases order by release_no desc limit 1"
    ).fetchone()
    number = int(str(base[0])) + 1 if base else 1
    files = {file.name: file.sha256 for file in release.files}
    # A release purged here and loaded again comes back under a new number: the line of versions only grows.
    connection.execute(
        "insert into published_store.releases "
        "(release_no, release_id, city, business_date, as_of, manifest_sha256, files) "
        "values (%s, %s, %s, %s, %s, %s, %s) on conflict (release_id) do update "
        "set release_no = excluded.release_no, files = excluded.files, is_purged = false",
        (
            number, release.release_id, release.manifest["city"], release.business_date,
            release.as_of.replace(tzinfo=None), release.manifest_sha256, Jsonb(files),
        ),
    )  # fmt: skip
    unchanged = published_load.unchanged_files(release, base[1], base[2]) if base else frozenset()  # type: ignore[arg-type]
    for name in tables.versioned_tables(connection):
        inserted, closed = published_load.load(connection, name, release, number, unchanged)
        progress(f"{release.release_id}: {name} +{inserted} -{closed}")
    return number


def _move_pointer(connection: Connection, event: Event, number: int) -> None:
    """A roll-back goes where it was told; a release only if it is not older than the current one."""
    connection.execute(
        "insert into published_store.current_release (release_no) values (%(number)s) "
        "on conflict (singleton) do update set release_no = excluded.release_no "
        "where %(kind)s = 'rollback' or %(business_date)s >= ("
        "select shown.business_date from published_store.releases as shown "
        "where shown.release_no = current_release.release_no)",
        {"number": number, "kind": event.kind, "business_date": event.business_date},
    )


def _number_of(connection: Connection, release_id: str) -> int | None:
    row = connection.execute(
        "select release_no from published_store.releases where release_id = %s and not is_purged", (release_id,)
    ).fetchone()
    return int(str(row[0])) if row else None


def _check_city(connection: Connection, release: Release) -> None:
    row = connection.execute(
        "select city from published_store.releases where city <> %s limit 1", (release.manifest["city"],)
    ).fetchone()
    if row:
        raise PermanentError(
            f"publish {release.release_id} of city {release.manifest['city']}",
            f"this database holds the releases of city {row[0]}",
            "give each city a database of its own (MINHU_PUBLISHED_URI)",
        )


def _lock(connection: Connection) -> None:
    """Wait for any other publisher; held until the transaction ends.

    The text of dates and floats goes into row hashes, so it must not depend on how the server is set up.
    """
    sessions.pin(connection, statement_milliseconds=STATEMENT_MILLISECONDS)
    connection.execute("set local work_mem = '64MB'")
    connection.execute("select pg_advisory_xact_lock(%s)", (LOCK_KEY,))


def _exists(connection: Connection, name: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (name,)).fetchone()
    return bool(row and row[0])
