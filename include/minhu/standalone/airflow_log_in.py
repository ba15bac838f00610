"""Who may log in to the city's own Airflow: an administrator, the approvers, and the pipeline itself, each by a password.

The passwords are made at the first start and kept in the state directory, readable by its owner only, so that nobody else
who has an account on this machine is let in.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from minhu import atomic, state_directory
from minhu.errors import PermanentError
from minhu.settings import PIPELINE_USER, Settings

#: The person whose machine it is.
ADMINISTRATOR = "admin"
_TRIED = "log in to Airflow"


def passwords_path(settings: Settings) -> Path:
    """The file of the passwords, as Airflow's simple auth manager reads it; only the owner may."""
    return settings.secrets_dir / "airflow_passwords.json"


def environment(settings: Settings) -> dict[str, str]:
    """What Airflow is told of its users."""
    roles = ",".join(f"{name}:{role}" for name, role in _roles(settings).items())
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": roles,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_path(settings)),
    }


def make_passwords(settings: Settings) -> None:
    """Give every user that has none a password. Airflow would make it too, and write it to its log."""
    path = passwords_path(settings)
    held = _read(path) if path.exists() else {}
    made = {name: held.get(name) or secrets.token_urlsafe(16) for name in _roles(settings)}
    if made != held:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic.write_private(path, json.dumps({**held, **made}).encode() + b"\n")


def password_of(settings: Settings, user: str = PIPELINE_USER) -> str:
    """The password of a user.

    Raises:
        PermanentError: the file cannot be used; the message holds no password.
    """
    path = passwords_path(settings)
    try:
        return _read(path)[user]
    except (OSError, KeyError) as error:
        raise PermanentError(
            _TRIED,
            f"expected a password of {user} in {path}, found none ({type(error).__name__})",
            "delete that file and start Airflow again: passwords are made anew",
        ) from None


def lines_for_people(settings: Settings) -> list[str]:
    """Who logs in how. The administrator's password is shown the first time only; later the file is named."""
    path, shown = passwords_path(settings), settings.secrets_dir / "airflow_password_was_shown"
    lines = [f"as {', '.join(name for name in _roles(settings) if name != PIPELINE_USER)}: passwords are in {path}"]
    if not shown.exists():
        lines.insert(
            0, f"as {ADMINISTRATOR} with the password {password_of(settings, ADMINISTRATOR)} (shown this once)"
        )
        atomic.write_private(shown, b"")
    return lines


def _roles(settings: Settings) -> dict[str, str]:
    people = {ADMINISTRATOR: "admin", **dict.fromkeys(settings.approvers, "user")}
    return {PIPELINE_USER: "admin", **people}


def _read(path: Path) -> Mapping[str, str]:
    state_directory.refuse_loose_secret(path, _TRIED)
    held = atomic.read_json(path)
    if not isinstance(held, dict) or not all(isinstance(word, str) and word for word in held.values()):
        raise PermanentError(
            _TRIED,
            f"expected a password for each user in {path}, found something else",
            "delete that file and start Airflow again: passwords are made anew",
        )
    return held
