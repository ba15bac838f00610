"""Text from outside: what any store can hold, how the names of files are written in sentences, files that people write."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

#: What stands for a character that was lost on the way.
LOST = "\ufffd"
#: Control marks but tab and line ends, characters that were lost, and two that XML forbids. RE2, Python and PostgreSQL
#: understand it.
UNSTORABLE = "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd-\uffff]"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
#: In a sentence of one line: control marks, and those that turn the rest of the line around.
_UNSAYABLE = re.compile(f"{UNSTORABLE}|[\0\t\r\n\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def without_lone_surrogates(text: str) -> str:
    """A text that can be written as UTF-8: halves of characters are replaced by :data:`LOST`, which the gate then finds."""
    return text if text.isascii() else _LONE_SURROGATE.sub(LOST, text)


def is_storable(text: str) -> bool:
    """Whether a text may be copied into any store."""
    return "\0" not in text and not re.search(UNSTORABLE, text) and not _LONE_SURROGATE.search(text)


def storable(text: str) -> str:
    """The text, for fields of models and of files that people write.

    Raises:
        ValueError: no store can hold it; the message does not repeat it.
    """
    if not is_storable(text):
        raise ValueError("expected a text in UTF-8 without control marks or halves of characters")
    return text


def file_name(path: Path) -> str:
    """A file's name as people may read it in one line; one written in GB18030, as archives of Windows have it, is not lost."""
    try:
        path.name.encode()
        name = path.name
    except UnicodeEncodeError:
        name = os.fsencode(path.name).decode("gb18030", errors="replace")
    return _UNSAYABLE.sub("?", name)


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says; with or without a mark of UTF-8 in front, as editors on Windows write it.

    Raises:
        ValueError: it is not TOML in UTF-8; the message is a clause that says where.
        OSError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:  # its own text may be long: it holds the bytes
        raise ValueError(f"it is not TOML in UTF-8: byte {error.start + 1} is none of UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error).replace("Cannot overwrite a value", "a key or a word stands there for the second time")
        raise ValueError(f"it is not TOML in UTF-8: {reason}") from None
