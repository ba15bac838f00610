"""The Ed25519 key that signs manifests and lines of the ledger, and the public keys a reader checks them with.

The private key comes from ``MINHU_SIGNING_KEY`` (the key itself, or the path of its file), in Airflow from the connection
``minhu_signing``; where none is configured, it is made once in ``secrets/``. Every public key that ever signed here stays
in ``public_keys/``, so old releases can be checked after a change of keys. Who wants to be safe from somebody who can
write to the home keeps a copy of that folder elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from minhu import atomic, state_directory
from minhu.errors import PermanentError, UsageError
from minhu.settings import Settings, secret

VARIABLE = "MINHU_SIGNING_KEY"
PRIVATE_NAME = "signing_key.pem"
PUBLIC_KEYS = "public_keys"
_given: ContextVar[str | None] = ContextVar("signing key of a connection", default=None)


@dataclass(frozen=True)
class Signer:
    """A private key that can sign; its representation never shows the key."""

    key_id: str
    public_pem: bytes
    _key: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"Signer({self.key_id})"

    def sign(self, content: bytes) -> bytes:
        """The 64-byte signature; the same content always gives the same bytes."""
        return self._key.sign(content)


def public_keys_dir(settings: Settings) -> Path:
    """Where the public keys of this home are kept."""
    return settings.home / PUBLIC_KEYS


def load_signer(settings: Settings) -> Signer:
    """The configured key, or the home's own one, made on first use with mode 0600.

    Raises:
        PermanentError: the key cannot be read, or is one of a connection that this ledger does not trust; the message never
            holds it.
    """
    signer = find_signer(settings)
    if signer is None:
        _create_key(settings.secrets_dir / PRIVATE_NAME)
        signer = read_signer(settings.secrets_dir / PRIVATE_NAME)
    keep_public_key(settings, signer)
    return signer


def find_signer(settings: Settings) -> Signer | None:
    """The configured key or the home's own one; None where the next night would make one.

    Raises:
        PermanentError: the key cannot be read.
    """
    configured = secret(VARIABLE)
    if configured:
        return _read_configured(configured, VARIABLE)
    if given_key := _given.get():
        signer = _read_configured(given_key, "the connection")
        _refuse_a_stranger(settings, signer)
        return signer
    path = settings.secrets_dir / PRIVATE_NAME
    return read_signer(path) if path.exists() else None


def _read_configured(key: str, origin: str) -> Signer:
    """A key that was given itself, or by the path of its file; neither PEM nor hex digits begin with a slash."""
    return read_signer(Path(key)) if key.startswith("/") else _signer_of(key.encode(), origin)


def _refuse_a_stranger(settings: Settings, signer: Signer) -> None:
    """A connection is changed by whoever administers Airflow; the keys that are trusted are changed by who owns the home."""
    trusted = read_public_keys(public_keys_dir(settings))
    if signer.key_id not in trusted and (trusted or settings.ledger_path.exists()):
        raise PermanentError(
            "sign with the key of the connection minhu_signing",
            f"expected a key this ledger trusts ({', '.join(sorted(trusted)) or 'none is left'}), found {signer.key_id}",
            f"if it was changed on purpose, put its public key into {public_keys_dir(settings)} (docs/evidence.md); if not, "
            "somebody changed the connection: mend it, and look who may",
        )


@contextmanager
def given(key: str | None) -> Iterator[None]:
    """Within it, ``key`` signs unless the environment names another."""
    token = _given.set(key)
    try:
        yield
    finally:
        _given.reset(token)


def read_signer(path: Path) -> Signer:
    """The key in a file.

    Raises:
        PermanentError: there is no such file, or no such key in it.
    """
    try:
        state_directory.refuse_loose_secret(path, "read the signing key")
        content = path.read_bytes()
    except OSError as error:
        raise PermanentError(
            "read the signing key",
            f"{path} cannot be read ({error.strerror})",
            "restore the file from the safe copy, or make another with `minhu keys make FILE`",
        ) from None
    return _signer_of(content, str(path))


def make_key(path: Path) -> Signer:
    """Make a key in a new file of mode 0600.

    Raises:
        UsageError: a file of that name is there; a key is never replaced.
    """
    if not _create_key(path):
        raise UsageError(
            f"make a signing key in {path}",
            "expected no file, found one",
            "give another name, or move that key to a safe place first; docs/evidence.md says how keys are changed",
        )
    return read_signer(path)


def keep_public_key(settings: Settings, signer: Signer) -> Path:
    """Put the public half where verifications of this home look for it."""
    kept = public_keys_dir(settings) / f"{signer.key_id}.pem"
    if not kept.exists() or kept.read_bytes() != signer.public_pem:
        atomic.write_bytes(kept, signer.public_pem)
    return kept


def read_public_keys(path: Path) -> dict[str, bytes]:
    """Public keys by key id: that of a file, or of every ``.pem`` in a folder whatever its name; what is no key is left out."""
    files = sorted(path.glob("*.pem")) if path.is_dir() else [path] if path.is_file() else []
    found: dict[str, bytes] = {}
    for file in files:
        try:
            key = serialization.load_pem_public_key(file.read_bytes())
        except (ValueError, OSError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PublicKey):
            pem = _pem_of(key)
            found[key_id_of(pem)] = pem
    return found


def key_id_of(public_pem: bytes) -> str:
    """The first 16 hex digits of the SHA-256 of a public key in PEM form."""
    return hashlib.sha256(public_pem).hexdigest()[:16]


def is_valid(public_pem: bytes, content: bytes, signature: bytes) -> bool:
    """Whether ``signature`` over ``content`` was made with the private half of ``public_pem``."""
    try:
        key = serialization.load_pem_public_key(public_pem)
    except ValueError:
        return False
    if not isinstance(key, Ed25519PublicKey):
        return False
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _create_key(path: Path) -> bool:
    """Make a key file unless there is one; whether it was made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(temporary, path)  # unlike a rename this never replaces the key another process made meanwhile
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    atomic.sync_folder(path.parent)
    return True


def _signer_of(content: bytes, origin: str) -> Signer:
    key = _parse_key(content, origin)
    public_pem = _pem_of(key.public_key())
    return Signer(key_id_of(public_pem), public_pem, key)


def _pem_of(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _parse_key(content: bytes, origin: str) -> Ed25519PrivateKey:
    problem = PermanentError(
        "read the signing key",
        f"expected an Ed25519 private key (PEM without password, or 64 hex digits) in {origin}, found something else",
        "make one with `minhu keys make FILE`, or remove it and let the next night make its own",
    )
    text = content.strip().replace(b"\\n", b"\n")  # one-line environment files carry the line breaks as \n
    try:
        if len(text) == 64 and not text.startswith(b"-"):
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.decode("ascii")))
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise problem from None
    if not isinstance(key, Ed25519PrivateKey):
        raise problem
    return key
