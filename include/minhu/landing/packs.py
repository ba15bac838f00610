"""Months of landing as one file each, with every byte as it landed.

A small city lands some twenty files a night that are smaller than a block of the disk; ten years of them are a hundred thousand
folders. A pack holds a table's deliveries of a month, under the paths they had::

    <source>/<table>/packed/<yyyy-mm>.zip     dt=<business date>/attempt=<n>/part.parquet + manifest.json

Nothing is rewritten, so the hashes in releases hold for what is inside, and any unzip can show it. Who reads a packed
delivery gets it laid out again where it was; it goes with the next packing. A pack is whole before what it holds is removed,
whatever is killed when.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from minhu import atomic
from minhu.errors import PermanentError

FOLDER = "packed"
#: Names of what waits for its end, or is not whole yet.
_GOING, _UNPACKING, _BUILDING = ".packed-", ".unpacking-", ".building-"
#: Of every member, whenever it is packed: the same deliveries are the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_MANIFEST = "manifest.json"


def pack_of(delivery: Path) -> Path:
    """The pack in which a delivery's folder would be."""
    day, table = delivery.parent, delivery.parents[1]
    return table / FOLDER / _pack_name(day.name)


def is_packed(delivery: Path) -> bool:
    """Whether a delivery's folder is in a pack."""
    return f"{_name(delivery)}/{_MANIFEST}" in _members(pack_of(delivery))


def is_there(delivery: Path) -> bool:
    """Whether a delivery's folder is laid out or packed."""
    return delivery.is_dir() or is_packed(delivery)


def lost(root: Path, deliveries: Iterable[str]) -> Iterator[str]:
    """Of many deliveries, by their paths below the landing folder, those that are neither laid out nor packed."""
    members: dict[str, frozenset[str]] = {}
    for path in deliveries:
        if os.path.isfile(f"{root}/{path}/{_MANIFEST}"):  # noqa: PTH113  of a hundred thousand
            continue
        table, day, attempt = path.rsplit("/", 2)
        pack = f"{table}/{FOLDER}/{_pack_name(day)}"
        if pack not in members:
            members[pack] = _members(root / pack)
        if f"{day}/{attempt}/{_MANIFEST}" not in members[pack]:
            yield path


def lay_out(delivery: Path) -> Path:
    """The folder itself, laid out again where it was packed. Of one that is nowhere nothing is made."""
    if not delivery.is_dir() and is_packed(delivery):
        unpack(delivery)
    return delivery


def read(delivery: Path, name: str) -> bytes:
    """A file of a delivery, wherever it lies.

    Raises:
        FileNotFoundError: the delivery is nowhere.
        PermanentError: its pack lacks the file, or its bytes there are damaged.
    """
    try:
        return (delivery / name).read_bytes()
    except FileNotFoundError:
        if delivery.is_dir() or not is_packed(delivery):  # it may have been packed just now
            raise
        return _read_packed(delivery, name)


def _read_packed(delivery: Path, name: str) -> bytes:
    pack = pack_of(delivery)
    try:
        with zipfile.ZipFile(pack) as opened:
            return opened.read(f"{_name(delivery)}/{name}")
    except (OSError, KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise PermanentError(
            f"read {name} of {delivery} from {pack.name}",
            f"{type(error).__name__}: {error}",
            "restore the pack from a copy",
        ) from error


def unpack(delivery: Path, target: Path | None = None) -> None:
    """Lay a packed delivery out again, at once for whoever reads it; several may do it at the same time.

    Args:
        delivery: its folder.
        target: another folder to lay it out as.

    Raises:
        PermanentError: the pack is damaged.
    """
    target = target or delivery
    manifest = _read_packed(delivery, _MANIFEST)
    files = {_MANIFEST: manifest}
    for name, digest in _listed(delivery, manifest).items():
        files[name] = _read_packed(delivery, name)
        if sha256(files[name]).hexdigest() != digest:
            raise _damaged(delivery, f"{name} in {pack_of(delivery).name} is not the one its manifest names")
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=_UNPACKING) as scratch:
        built = Path(scratch) / target.name
        built.mkdir()
        for name, content in files.items():
            (built / name).write_bytes(content)
            atomic.sync_file(built / name)  # laid out it hides the pack, so it has to be whole after a power cut
        atomic.sync_folder(built)
        try:
            built.rename(target)
        except OSError:
            if not target.is_dir():  # else another reader was first
                raise


def waiting(table: Path, before: str, accepted: Mapping[str, int]) -> dict[str, list[Path]]:
    """Months of a table, as ``yyyy-mm``, that can be packed, with the folders of their deliveries.

    Args:
        table: its folder in landing.
        before: the first month that stays as it is.
        accepted: the accepted attempt of each business date. One that was never accepted may be landed again under its number.
    """
    months: dict[str, list[Path]] = {}
    for delivery in sorted(table.glob("dt=*/attempt=*")):
        day, number = delivery.parent.name.removeprefix("dt="), int(delivery.name.removeprefix("attempt="))
        if day[:7] < before and number <= accepted.get(day, 0):
            months.setdefault(day[:7], []).append(delivery)
    return months


def pack(deliveries: list[Path]) -> None:
    """Put a month's deliveries of one table into its pack, beside what is in it, and remove their folders.

    Raises:
        PermanentError: a file is not the one its manifest names, or the pack has another under its name. Nothing of the
            month was removed.
    """
    target = pack_of(deliveries[0])
    there = _members(target)
    new: dict[str, tuple[Path, str]] = {}
    manifests: dict[Path, bytes] = {}
    for delivery in deliveries:
        for name, digest in _sound_files(delivery).items():
            member = f"{_name(delivery)}/{name}"
            if member not in there:
                new[member] = (delivery / name, digest)
            elif sha256(_read_packed(delivery, name)).hexdigest() != digest:
                raise _damaged(
                    delivery, f"{name} is not the one in {target.name}", "find out which of them the releases name"
                )
        manifests[delivery] = (delivery / _MANIFEST).read_bytes()
    if new:
        _write(target, new)
    for delivery in deliveries:
        going = delivery.with_name(_GOING + delivery.name)
        delivery.rename(going)
        if (going / _MANIFEST).read_bytes() != manifests[delivery]:
            going.rename(delivery)
            raise _damaged(delivery, "it was landed again meanwhile", "run it again when no night runs")
    sweep(target.parents[1])


def sweep(table: Path) -> None:
    """Remove what a killed run has left behind, and days of which nothing is left."""
    for left in (*table.glob(f"dt=*/{_GOING}*"), *table.glob(f"dt=*/{_UNPACKING}*")):
        shutil.rmtree(left)
    for left in (table / FOLDER).glob(f"{_BUILDING}*"):
        left.unlink()
    for day in table.glob("dt=*"):
        with suppress(OSError):  # not empty
            day.rmdir()


def _sound_files(delivery: Path) -> dict[str, str]:
    """SHA-256 of every file of a delivery, held against its manifest."""
    manifest = (delivery / _MANIFEST).read_bytes()
    listed = _listed(delivery, manifest)
    there = {path.name for path in delivery.iterdir()}
    if there != {_MANIFEST, *listed}:
        raise _damaged(delivery, f"it holds {', '.join(sorted(there))}, its manifest names {', '.join(sorted(listed))}")
    for name, digest in sorted(listed.items()):
        if atomic.sha256_of(delivery / name) != digest:
            raise _damaged(delivery, f"{name} was changed since it landed")
    return {_MANIFEST: sha256(manifest).hexdigest(), **listed}


def _listed(delivery: Path, manifest: bytes) -> dict[str, str]:
    """SHA-256 of the files that a manifest names."""
    try:
        return {str(file["name"]): str(file["sha256"]) for file in json.loads(manifest)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(delivery, f"its manifest cannot be read ({type(error).__name__})") from None


def _write(target: Path, new: Mapping[str, tuple[Path, str]]) -> None:
    """Replace a pack by one that holds more, when all of that can be read from it; never two members in memory."""
    target.parent.mkdir(exist_ok=True)
    building = target.with_name(_BUILDING + target.name)
    expected = {name: digest for name, (_, digest) in new.items()}
    with zipfile.ZipFile(building, "w") as writing, ExitStack() as stack:
        held = stack.enter_context(zipfile.ZipFile(target)) if target.exists() else None
        for name in sorted({*new, *(held.namelist() if held else ())}):
            content = new[name][0].read_bytes() if name in new else held.read(name)  # type: ignore[union-attr]
            member = zipfile.ZipInfo(name, _NO_TIME)
            # Parquet is compressed as it is; a manifest shrinks to a fifth
            member.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
            writing.writestr(member, content)
            expected.setdefault(name, sha256(content).hexdigest())
    with zipfile.ZipFile(building) as written:
        for name, digest in expected.items():
            if sha256(written.read(name)).hexdigest() != digest:
                raise PermanentError(
                    f"pack {target}", f"{name} cannot be read from it again", "check the disk and run again"
                )
    atomic.sync_file(building)
    building.rename(target)
    atomic.sync_folder(target.parent)
    atomic.sync_folder(target.parents[1])


def _members(pack: Path) -> frozenset[str]:
    """Names in a pack; of one that is not there none."""
    try:
        found = pack.stat()
    except FileNotFoundError:
        return frozenset()
    return _names(pack, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=4096)
def _names(pack: Path, inode: int, changed: int) -> frozenset[str]:
    try:
        with zipfile.ZipFile(pack) as opened:
            return frozenset(opened.namelist())
    except zipfile.BadZipFile as error:
        raise PermanentError(f"read {pack}", f"it is no sound pack ({error})", "restore it from a copy") from error


def _pack_name(day: str) -> str:
    """Of the pack for a day's folder, ``dt=<business date>``."""
    return f"{day.removeprefix('dt=')[:7]}.zip"


def _name(delivery: Path) -> str:
    return f"{delivery.parent.name}/{delivery.name}"


def _damaged(
    delivery: Path, found: str, next_step: str = "restore it from a copy; releases name the hash it must have"
) -> PermanentError:
    return PermanentError(f"hold {delivery} against its manifest", found, next_step)
