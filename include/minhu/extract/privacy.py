"""Personal data stops here: persons become keyed pseudonyms, places a coarse cell, text a length and a fingerprint."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import math
import os
import re
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from minhu import atomic, state_directory
from minhu.errors import PermanentError, UsageError
from minhu.extract import normal, similarity
from minhu.settings import Settings, secret

#: A location cell is a hundredth of a degree: about 1.1 km north-south, 0.9 km east-west at Xi'an.
CELLS_PER_DEGREE = 100
_KEY_BYTES = 32
_CODE_LIKE = re.compile(r"[A-Za-z0-9_:+. -]{0,40}")
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)\d{6}(?:19\d\d|20[01]\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")
_DEGREES = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Pseudonyms:
    """Turns personal values into keys that are equal for the same person and tell nothing without the secret.

    HMAC-SHA-256 (RFC 2104) over the kind and the normalised value, first 32 hex digits, behind the key's id. The key
    never leaves memory; ``key_id`` says under which key a landing was written.
    """

    key: bytes

    def __repr__(self) -> str:
        return f"Pseudonyms(key_id={self.key_id})"

    @property
    def key_id(self) -> str:
        return hashlib.sha256(b"minhu key id" + self.key).hexdigest()[:8]

    def person(self, kind: str, value: object) -> str | None:
        """Pseudonym of a phone, ID number or staff number; None for an empty value, or one that stands for nobody.

        Args:
            kind: ``phone``, ``id_number`` or ``staff``; equal values of different kinds get different keys.
                value: as the source has it; how it is written makes no difference, see :func:`minhu.extract.normal.person`.
        """
        return self._person(kind, value) if isinstance(value, str) else self._read_person(kind, value)

    @lru_cache(maxsize=200_000)  # noqa: B019  one object per run; the same callers come again and again
    def _person(self, kind: str, value: str) -> str | None:
        return self._read_person(kind, value)

    def _read_person(self, kind: str, value: object) -> str | None:
        text = normal.person(kind, value)
        stands_for_nobody = kind != "staff" and len(set(text)) == 1  # zeros, where a form insists on a number
        return self._of(kind, text) if text and not stands_for_nobody else None

    def _of(self, kind: str, text: str) -> str:
        return self.of_many(kind, [text])[0]

    def of_many(self, kind: str, texts: Iterable[str]) -> list[str]:
        """Pseudonyms of persons as :func:`minhu.extract.normal.person` writes them, none of whom stands for nobody."""
        begun = hmac.new(self.key, f"{kind}\0".encode(), hashlib.sha256)
        keys = []
        for text in texts:
            of_text = begun.copy()
            of_text.update(text.encode())
            keys.append(f"{self.key_id}-{of_text.hexdigest()[:32]}")
        return keys

    def fingerprint(self, text: object) -> tuple[int | None, str | None]:
        """Length in characters and a keyed similarity hash of a text; (None, None) without one.

        The hash is a 64-bit simhash over character trigrams (Charikar 2002): near texts differ in few bits, and
        without the key no text can be tried against it.
        """
        if not isinstance(text, str) or not text.strip():
            return None, None
        return len(text), self.fingerprints(["".join(text.split())])[0]

    def fingerprints(self, texts: Sequence[str]) -> list[str | None]:
        """The hashes of many texts without white space, None for an empty one; see :func:`minhu.extract.similarity.simhashes`."""
        return similarity.simhashes(texts, self._shingle)

    @lru_cache(maxsize=100_000)  # noqa: B019
    def _shingle(self, shingle: str) -> bytes:
        return hashlib.blake2b(shingle.encode(), key=self.key[:64], digest_size=similarity.BITS // 8).digest()


def load_pseudonyms(settings: Settings) -> Pseudonyms:
    """The home's key: from ``MINHU_PSEUDONYM_KEY`` (64 hex digits or more), else made once in ``secrets/``.

    Raises:
        UsageError: the configured key is too short or not hexadecimal.
        PermanentError: the home's own key file is damaged.
    """
    configured = secret("MINHU_PSEUDONYM_KEY")
    if configured is None:
        return Pseudonyms(_key_file(settings.secrets_dir / "pseudonym.key"))
    try:
        key = bytes.fromhex(configured)
    except ValueError:
        key = b""
    if len(key) < _KEY_BYTES:
        raise UsageError(
            "read MINHU_PSEUDONYM_KEY",
            "expected at least 64 hexadecimal digits",
            "make one with `openssl rand -hex 32`",
        )
    return Pseudonyms(key)


def location_cell(lon: object, lat: object) -> str | None:
    """The cell of about one kilometre a place lies in, as ``<lon>_<lat>`` of its south-west corner; None if unknown.

    Args:
        lon: degrees east, WGS 84; a number, a decimal, or its text.
        lat: degrees north.
    """
    east, north = _degrees(lon, 180), _degrees(lat, 90)
    return None if east is None or north is None else _cell(east, north)


@lru_cache(maxsize=100_000)
def _cell(*place: float) -> str:
    return cell_name(*(math.floor(round(degrees * CELLS_PER_DEGREE, 6)) for degrees in place))


def cell_name(column: int, row: int) -> str:
    """The cell so many cells east of Greenwich and north of the equator."""
    return "_".join(f"{number / CELLS_PER_DEGREE:.2f}" for number in (column, row))


def code_or_none(value: object) -> str | None:
    """A short code in its one form; anything that might be a sentence, a mobile number or an ID number is dropped."""
    text = normal.whole(normal.plain(value)) if isinstance(value, str) else None
    return None if text is None or not _CODE_LIKE.fullmatch(text) or holds_personal_number(text) else text


def holds_personal_number(text: str) -> bool:
    """Whether a mobile number or an ID number stands in a text."""
    return bool(_MOBILE.search(text)) or any(
        normal.closes_as_id_number(found.group()) for found in _ID_NUMBER.finditer(text)
    )


def _degrees(value: object, limit: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, float | int | Decimal | str):
        return None
    if isinstance(value, str) and not _DEGREES.fullmatch(value.strip()):  # Python reads 1_0 as ten
        return None
    number = float(value)
    return number if math.isfinite(number) and abs(number) <= limit else None


def _key_file(path: Path) -> bytes:
    """A random key, made once and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{threading.get_native_id()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(32))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):  # the first of two racing processes or threads wins
            os.link(temporary, path)
        temporary.unlink()
        atomic.sync_folder(path.parent)
    state_directory.refuse_loose_secret(path, "read the pseudonym key")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) < _KEY_BYTES:
        raise PermanentError(
            f"read the pseudonym key {path}",
            "expected 64 hexadecimal digits that this user may read",
            "restore it from its backup; without it persons of earlier nights cannot be recognised",
        )
    return key
