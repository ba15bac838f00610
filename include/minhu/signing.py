"""The Ed25519 key that signs release manifests, and the public keys a reader checks them with.

The private key comes from ``MINHU_SIGNING_KEY`` or, where none is configured, is made once in ``secrets/``. Every
public key that ever signed here stays in ``public_keys/<key id>.pem``, so old releases can be checked after a change
of keys. Who wants to be safe from somebody who can write to the home keeps a copy of that folder elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from minhu import atomic
from minhu.errors import PermanentError
from minhu.settings import Settings, secret

VARIABLE = "MINHU_SIGNING_KEY"
PRIVATE_NAME = "signing_key.pem"


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
    return settings.home / "public_keys"


def load_signer(settings: Settings) -> Signer:
    """The configured key, or the home's own one, made on first use with mode 0600.

    Raises:
        PermanentError: the key cannot be read; the message never holds it.
    """
    configured = secret(VARIABLE)
    path = settings.secrets_dir / PRIVATE_NAME
    if configured is None and not path.exists():
        _create_key(path)
    content = configured.encode() if configured is not None else path.read_bytes()
    key = _parse_key(content, VARIABLE if configured is not None else str(path))
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signer = Signer(key_id_of(public_pem), public_pem, key)
    kept = public_keys_dir(settings) / f"{signer.key_id}.pem"
    if not kept.exists():
        atomic.write_bytes(kept, public_pem)
    return signer


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


def _create_key(path: Path) -> None:
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
        pass
    finally:
        temporary.unlink()
    atomic.sync_folder(path.parent)


def _parse_key(content: bytes, origin: str) -> Ed25519PrivateKey:
    problem = PermanentError(
        "read the signing key",
        f"expected an Ed25519 private key (PEM without password, or 64 hex digits) in {origin}, found something else",
        "make one with `openssl genpkey -algorithm ed25519`, or remove it and let the next night make its own",
    )
    text = content.strip().replace(b"\\n", b"\n")  # one-line environment files carry the line breaks as \n
    try:
        if len(text) == 64 and not text.startswith(b"-"):
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.decode("ascii")))
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError):
        raise problem from None
    if not isinstance(key, Ed25519PrivateKey):
        raise problem
    return key
