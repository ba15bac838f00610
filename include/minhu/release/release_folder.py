"""A release on disk: a folder of Parquet files hard-linked from the store, its manifest and the signature.

Layout of ``releases/<release_id>/``::

    <table>.parquet                  a small table
    <table>/<yyyy-mm>.parquet        a table cut by month (``kpi_results``, by period_start)
    manifest.json  manifest.sig  public_key.pem

In the files of *settled* months (see :func:`is_settled`) an empty ``as_of`` means "the release's": otherwise no month
could ever be shared by two nights. :meth:`Release.table`, ``minhu sql`` and the views of ``published`` fill it in.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from minhu import atomic
from minhu.errors import PermanentError
from minhu.ledger.signing import Signer
from minhu.release.store import Store

Progress = Callable[[str], None]

MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public_key.pem"
AS_OF_RULE = "an empty as_of in a file means the as_of of this release"
#: What the content hash covers: the inputs, the models, the locked libraries and the outputs. Not the commit, or a word
#: in the README would make another release; not the engine, which must make no difference; not the release before, not the signing
#: key.
CONTENT_KEYS = (
    "city", "business_date", "as_of", "lock_sha256", "dbt_manifest_sha256", "landing", "stale_sources", "files",
)  # fmt: skip

#: Behind a commit: the release was made with a working tree that was not the commit's.
CHANGES = "+changes"


@dataclass(frozen=True)
class ReleaseIdentity:
    """The code a release was made with.

    The commit is told and does not name the release: the hashes of models and libraries do.

    Attributes:
        git_commit: of the checkout, with :data:`CHANGES` where the working tree was not clean, "" where there is none.
        lock_sha256: of ``requirements.txt``.
        dbt_manifest_sha256: of the compiled dbt project.
    """

    git_commit: str
    lock_sha256: str
    dbt_manifest_sha256: str


@dataclass(frozen=True, order=True)
class ReleaseFile:
    """One Parquet file of a release; ``name`` is its path in the folder and ``sha256`` its name in the store."""

    name: str
    sha256: str
    bytes: int
    rows: int

    @property
    def table(self) -> str:
        return self.name.split("/")[0].removesuffix(".parquet")

    @property
    def part(self) -> str:
        """The month of a table cut by month, "" otherwise."""
        return Path(self.name).stem if "/" in self.name else ""


@dataclass(frozen=True)
class Release:
    """A published release.

    Attributes:
        release_id: ``<business date>-<first ten hex digits of the content hash>``.
        business_date: the night it belongs to.
        as_of: end of that date, UTC and aware.
        path: its folder.
        manifest: the parsed manifest.
        manifest_sha256: of the manifest's bytes.
        is_new: False where publishing found that it had been published before.
    """

    release_id: str
    business_date: date
    as_of: datetime
    path: Path
    manifest: Mapping[str, Any]
    manifest_sha256: str
    is_new: bool = False

    @property
    def files(self) -> tuple[ReleaseFile, ...]:
        return tuple(ReleaseFile(**entry) for entry in self.manifest["files"])

    @property
    def table_names(self) -> tuple[str, ...]:
        return tuple(sorted({file.table for file in self.files}))

    def table(self, name: str, parts: Container[str] | None = None) -> pa.Table:
        """A whole table, or some parts of it, with ``as_of`` (naive UTC) filled in.

        Raises:
            PermanentError: the release has no such table.
        """
        files = [file for file in self.files if file.table == name and (parts is None or file.part in parts)]
        if not files:
            raise PermanentError(
                f"read table {name} of release {self.release_id}",
                f"expected one of {', '.join(self.table_names)}",
                "ask for a table the release has",
            )
        data = pa.concat_tables([pq.read_table(self.path / file.name, partitioning=None) for file in files])
        if "as_of" not in data.column_names:
            return data
        filled = pc.fill_null(data["as_of"], pa.scalar(self.as_of.replace(tzinfo=None), pa.timestamp("us")))
        return data.set_column(data.column_names.index("as_of"), "as_of", filled)


def is_settled(part: str, business_date: date) -> bool:
    """Whether a month (or year) lies before the one that held the last day of the month before the business date's.

    The running month and the one before change nearly every night, so their files say ``as_of`` in full; settled
    ones leave the release's own away so that an unchanged month stays the same file.
    """
    before = business_date.replace(day=1) - timedelta(days=1)
    return part != "" and part < before.strftime("%Y" if len(part) == len("2026") else "%Y-%m")


def content_sha256(manifest: Mapping[str, Any]) -> str:
    """The hash that names a release."""
    return sha256(atomic.json_bytes({key: manifest[key] for key in CONTENT_KEYS})).hexdigest()


def release_id_of(manifest: Mapping[str, Any], content: str | None = None) -> str:
    """The release id that belongs to a manifest's content, whose hash may be known: a long list of landing takes its time."""
    return f"{manifest['business_date']}-{(content or content_sha256(manifest))[:10]}"


def read_release(folder: Path) -> Release:
    """Open a release folder.

    Raises:
        PermanentError: it is not there or its manifest cannot be read.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        return Release(
            release_id=manifest["release_id"],
            business_date=date.fromisoformat(manifest["business_date"]),
            as_of=datetime.fromisoformat(manifest["as_of"]),
            path=folder,
            manifest=manifest,
            manifest_sha256=sha256(content).hexdigest(),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PermanentError(
            f"read release {folder.name}",
            f"expected a readable {MANIFEST} in {folder}, found {type(error).__name__}",
            "restore the folder from a backup, or run that business date again",
        ) from error


def write_release(
    releases_dir: Path, store: Store, manifest: Mapping[str, Any], signer: Signer, progress: Progress
) -> Release:
    """Build the folder under a temporary name and rename it; a leftover of the same name is replaced.

    The caller must know that the release is not in the ledger yet, or that its folder is lost.
    """
    target = releases_dir / str(manifest["release_id"])
    building = target.with_name(f".building-{target.name}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    for entry in manifest["files"]:
        store.link(entry["sha256"], building / entry["name"])
    progress(f"{target.name}: files linked")
    content = atomic.json_bytes(manifest)
    atomic.write_bytes(building / PUBLIC_KEY, signer.public_pem)
    atomic.write_bytes(building / SIGNATURE, signer.sign(content))
    atomic.write_bytes(building / MANIFEST, content)
    for folder in sorted({building, *((building / entry["name"]).parent for entry in manifest["files"])}):
        atomic.sync_folder(folder)
    progress(f"{target.name}: manifest signed")
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
    atomic.sync_folder(releases_dir)
    progress(f"{target.name}: folder complete")
    return replace(read_release(target), is_new=True)


def file_records(files: Sequence[ReleaseFile]) -> list[dict[str, Any]]:
    """Files as the manifest holds them, in order of name."""
    return [asdict(file) for file in sorted(files)]
