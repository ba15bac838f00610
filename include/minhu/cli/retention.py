"""``minhu retention``: what of a home is kept for how long, what of it may go, and what of it may be packed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from minhu.errors import MinhuError
    from minhu.settings import Settings

_POLICY = """\
landing      for ever; months older than the newest {months} in one file a table, every byte as it landed
releases     for ever, with store, ledger and public keys: nothing that the ledger or a release names is ever removed
PostgreSQL   the newest {releases} releases, the last of each month, those signed off; `minhu rollback` brings back any other
pages        the newest {nights} nights, the last of each month, signed off, current; the others can be made again
work file    the newest night; made again from landing by whoever needs another
"""


def add_retention_command(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add the command to ``app``, with its way of finding the city."""

    @app.command()
    def retention(
        nights: Annotated[int, typer.Option(min=1, help="Of so many of the newest nights all pages stay.")] = 31,
        months: Annotated[int, typer.Option(min=1, help="So many of the newest months of landing stay unpacked.")] = 3,
        apply: Annotated[
            bool, typer.Option("--apply", help="Pack and remove; without it both are only listed.")
        ] = False,
    ) -> None:
        """What is kept for how long, old pages that may go, and old months of landing that can be packed; evidence never goes."""
        from contextlib import ExitStack

        from minhu.analysis.disk_use import shown
        from minhu.audit.replay import exclusive as exclusive_replay
        from minhu.landing import packing
        from minhu.release.published import KEEP_RELEASES
        from minhu.reports import retention as pages
        from minhu.standalone.lock import exclusive_night

        home = settings()
        typer.echo(_POLICY.format(months=months, nights=nights, releases=KEEP_RELEASES))
        last = packing.newest_day(home.landing_dir)
        with ExitStack() as alone:
            if apply and last:
                alone.enter_context(exclusive_night(home.home, last, "minhu retention"))
                alone.enter_context(exclusive_replay(home, "pack landing"))
            going = pages.may_go(home, nights)
            for one in going:
                again = f"{pages.MADE_AGAIN[one.layer]} {one.folder.name}"
                typer.echo(f"{one.layer:10} {one.folder.name}  {shown(one.bytes):>9}  again: {again}")
            if apply:
                pages.drop(home, going)
            done = "removed" if apply else "may go (--apply removes them)"
            typer.echo(f"{len(going)} folders of pages, {shown(sum(one.bytes for one in going))} {done}")
            before = after = files = 0
            left: list[MinhuError] = []
            for table in packing.old_months(home.landing_dir, months) if last else ():
                span = table.first if table.first == table.last else f"{table.first} to {table.last}"
                packed, problems = packing.pack(table) if apply else (None, [])
                typer.echo(
                    f"landing    {table.name:34} {span:18} {table.files:>6} files  {shown(table.bytes):>9}"
                    + (f"  now {shown(packed)}" if packed is not None else "")
                )
                before, after, files = before + table.bytes, after + (packed or 0), files + table.files
                left += problems
            if apply:
                typer.echo(f"{files} files of old deliveries packed: {shown(before)} on disk are {shown(after)} now")
            else:
                typer.echo(
                    f"{files} files of old deliveries, {shown(before)} on disk, can be packed (--apply packs them)"
                )
            for problem in left:
                typer.echo(f"left as it is: {problem}")
            if left:
                raise typer.Exit(1)
