"""``minhu verify``, ``keys …``, ``waivers`` and ``provenance``: what a release can prove, and who answers for what."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minhu.cli.database import published_uri
from minhu.cli.output import Format, print_rows
from minhu.errors import UsageError

if TYPE_CHECKING:
    from minhu.audit.verification import Verified
    from minhu.settings import Settings


class Exchange(StrEnum):
    """Formats of provenance."""

    prov = "prov"
    openlineage = "openlineage"


def add_evidence_commands(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add the commands to ``app``, with its way of finding the city."""
    keys_app = typer.Typer(help="The keys that sign releases and the ledger.", no_args_is_help=True)
    app.add_typer(keys_app, name="keys")

    @app.command()
    def verify(
        release: Annotated[str | None, typer.Argument(help="Only look into the folder of this release.")] = None,
        folder: Annotated[Path | None, typer.Option(help="A copied home, or one copied release folder.")] = None,
        public_key: Annotated[
            Path | None, typer.Option(help="Trusted public key (PEM), or a folder of them; default: the home's own.")
        ] = None,
        head: Annotated[str | None, typer.Option(help="SHA-256 of a ledger line that was noted elsewhere.")] = None,
    ) -> None:
        """Check the ledger, every signature and every file, offline; what is wrong is said, and the code is 1.

        A home whose PostgreSQL can be reached also has what readers see there compared with the current release.
        """
        from minhu.audit import verification

        home = folder or settings().home
        if folder is not None and not (folder / verification.LEDGER).exists() and not (folder / "releases").is_dir():
            found = _verify_release_folder(folder, public_key, release, head)
            sound = "the signature and all files are sound"
        else:
            found = verification.verify_home(home, public_key, release, head)
            sound = "the ledger, all signatures and all files are sound"
            if folder is None and release is None:
                found = verification.with_published(found, settings(), published_uri(settings(), "reader"))
        for line in found.problems or (sound,):
            typer.echo(line)
        for note in found.notes:
            typer.echo(f"note: {note}")
        if found.problems:
            raise typer.Exit(1)

    @keys_app.command()
    def make(
        file: Annotated[
            Path | None, typer.Argument(help="New file for the private key; default: the home's own.")
        ] = None,
    ) -> None:
        """Make a key pair; a key that is there is never replaced."""
        from minhu import atomic
        from minhu.ledger import signing

        home = settings()
        signer = signing.make_key(file or home.secrets_dir / signing.PRIVATE_NAME)
        public = file.with_name(f"{signer.key_id}.pem") if file else signing.keep_public_key(home, signer)
        atomic.write_bytes(public, signer.public_pem)
        typer.echo(f"key      {signer.key_id}")
        typer.echo(f"private  {file or home.secrets_dir / signing.PRIVATE_NAME}  (only its owner may read it)")
        typer.echo(f"public   {public}  hand out copies: releases are verified with it")
        if file:
            typer.echo(f"to sign with it: {signing.VARIABLE}={file.resolve()}")

    @keys_app.command()
    def show() -> None:
        """Which key signs the next release, and which lines of the ledger each public key has signed."""
        from minhu.ledger import signing
        from minhu.ledger.chain import Ledger

        home = settings()
        signer = signing.find_signer(home)
        keys = signing.read_public_keys(signing.public_keys_dir(home))
        if signer:
            keys[signer.key_id] = signer.public_pem
        events, _ = Ledger(home.ledger_path).inspect(keys)
        typer.echo(f"signs next  {signer.key_id if signer else 'none yet: the first night makes one'}")
        for key_id, pem in sorted(keys.items()):
            signed = [event.number for event in events if event.key_id == key_id]
            lines = f"{len(signed)} lines, {signed[0]} to {signed[-1]}" if signed else "no line yet"
            typer.echo(f"\n{key_id}  {lines}\n{pem.decode().strip()}")

    @app.command()
    def waivers(
        propose: Annotated[
            bool, typer.Option(help="Print what blocks cells in the current release, as entries to fill in and review.")
        ] = False,
        output: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.table,
    ) -> None:
        """Waivers of the current release: which hold, which do not, and why; the file is reviewed like code."""
        from minhu.gate import waivers as module
        from minhu.release.releases import current

        home = settings()
        release = current(home)
        if propose:
            typer.echo(module.proposal(release, module.path_of(home)), nl=False)
        elif "waivers" not in release.table_names:
            typer.echo(f"release {release.release_id} was made before there were waivers")
        else:
            shown = ["waiver_id", "status_zh", "rule_id", "finding", "author", "approver", "reason", "expires_on"]
            rows = release.table("waivers")
            print_rows(rows.select(shown) if output is Format.table else rows, output, {"finding": 40, "reason": 24})
            if rows.num_rows == 0 and output is Format.table:
                typer.echo(f"no waivers; they would stand in {module.path_of(home)}")

    @app.command()
    def provenance(
        release: Annotated[
            str | None, typer.Argument(help="A release of `minhu releases`; default: the current.")
        ] = None,
        output: Annotated[Exchange | None, typer.Option("--format", help="One of the two; default: both.")] = None,
        folder: Annotated[
            Path | None, typer.Option("--output", help="Folder; default: provenance/<release> below the home.")
        ] = None,
    ) -> None:
        """Write where a release came from as PROV-JSON and OpenLineage events, for other tools."""
        from minhu.reports import provenance as module

        for path in module.write(settings(), release, folder, output.value if output else None):
            typer.echo(path)


def _verify_release_folder(folder: Path, public_key: Path | None, release: str | None, head: str | None) -> Verified:
    from minhu.audit import verification
    from minhu.release.release_folder import MANIFEST

    tried = f"verify {folder}"
    if not (folder / MANIFEST).exists():
        raise UsageError(
            tried,
            f"expected a home ({verification.LEDGER}) or a release ({MANIFEST}), found neither",
            "correct --folder",
        )
    if public_key is None:
        raise UsageError(
            tried,
            "a release folder cannot vouch for itself: the key in it is whatever its author put there",
            "give --public-key with the public key that the publisher handed out",
        )
    if head is not None:
        raise UsageError(tried, "a head belongs to a ledger, and there is none", "leave --head away, or copy the home")
    return verification.verify_folder(folder, public_key, release)
