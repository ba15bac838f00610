"""``minhu db …``: the embedded PostgreSQL of the city."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from minhu.errors import TransientError, UsageError

if TYPE_CHECKING:
    from minhu.settings import Settings

#: Who connects to a database where nobody else is asked for.
_USUAL_ROLE = {"minhu": "reader", "hotline": "source"}


def published_uri(settings: Settings, role: str = "publisher") -> str | None:
    """Where releases are published, in a role of the embedded server; None where that is needed and does not run."""
    from minhu.standalone import postgres

    try:
        return postgres.published_uri(settings, role)
    except TransientError:
        return None


def add_database_commands(app: typer.Typer, settings: Callable[[], Settings], state: Callable[[], Settings]) -> None:
    """Add the commands to ``app``; ``state`` gives the settings of a command that writes state."""
    db = typer.Typer(help="The embedded PostgreSQL of the city.", no_args_is_help=True)
    app.add_typer(db, name="db")

    @db.command()
    def start(
        port: Annotated[
            int | None,
            typer.Option(
                min=1024, max=65535, help="Let readers in on this port of 127.0.0.1 too, with a password (JDBC, ODBC)."
            ),
        ] = None,
    ) -> None:
        """Start it and leave it running, so that readers can connect while nights run."""
        from minhu.standalone import postgres

        home = state()
        postgres.stay(home.postgres_dir)  # first: a night that ends at this moment leaves it alone
        began = postgres.start(home.postgres_dir, home.readers_group, port)
        typer.echo("started" if began else "it was running already")
        typer.echo(postgres.uri(home.postgres_dir, "reader"))
        if port:
            reader, database = postgres.ROLES["reader"]
            typer.echo(f"jdbc:postgresql://127.0.0.1:{port}/{database}?user={reader}")
            typer.echo(f"its password is in {postgres.reader_password(home.postgres_dir)}")

    @db.command()
    def stop() -> None:
        """Stop it."""
        from minhu.standalone import postgres

        typer.echo("stopped" if postgres.stop(settings().postgres_dir) else "it was not running")

    @db.command()
    def uri(
        database: Annotated[str, typer.Argument(help="minhu (published) or hotline (the source).")] = "minhu",
        role: Annotated[
            str | None, typer.Option(help="reader (default), publisher or owner of `published`; source of hotline.")
        ] = None,
    ) -> None:
        """Connection string, for psql and BI tools: the reader's, unless another role is asked for."""
        from minhu.standalone import postgres

        if database not in _USUAL_ROLE:
            raise UsageError("connect", f"there is no database {database!r}", f"say {' or '.join(_USUAL_ROLE)}")
        typer.echo(postgres.uri(settings().postgres_dir, role or _USUAL_ROLE[database]))

    @db.command()
    def repair() -> None:
        """Make `published` again from releases and ledger, where `minhu verify` says that it differs from them."""
        from minhu.release import publisher

        home = settings()
        uri = published_uri(home)
        if uri is None:
            raise UsageError("repair", "the published database is not running", "start it with `minhu db start`")
        publisher.rebuild(home, uri, typer.echo)
        typer.echo("published is what the releases say")
