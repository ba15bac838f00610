"""GET requests to a JSON API with a bearer token: retries where they can help, and errors in our words.

The token never stands in a message, and goes to no other host: redirects are refused, certificates are checked.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import tenacity

from minhu.errors import PermanentError, TransientError
from minhu.extract.grid import answers

ATTEMPTS = 8
LONGEST_BACK_OFF_SECONDS = 30.0
#: A server may ask for a longer pause than this, but then the orchestrator should do the waiting.
LONGEST_ASKED_SECONDS = 300.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_RETRIED = {408, 429}


class _Again(Exception):
    """The same request may succeed later; carries the seconds the server asked to wait."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class JsonApi:
    """One platform; use it in a ``with`` block.

    Args:
        base_url: scheme, host and an optional path that stands before every other.
        token: bearer token; without one the header is left out and the platform decides.
        name: as people call it ("grid platform").
        connection: name of its Airflow connection, for messages.

    Raises:
        PermanentError: the address or the token cannot be used at all.
    """

    def __init__(self, base_url: str, token: str, name: str, connection: str) -> None:
        self._name, self._connection, self._token = name, connection, token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if not token.isascii() or not (token.isprintable() and " " not in token):
            raise PermanentError(
                f"connect to the {name}", "the token has characters that no token has", f"correct {connection}"
            )
        try:
            self._client = httpx.Client(base_url=base_url, headers=headers, timeout=TIMEOUT, follow_redirects=False)
            url = httpx.URL(base_url)
        except httpx.InvalidURL:
            url = httpx.URL()
        if url.scheme not in ("http", "https") or not url.host:
            raise PermanentError(
                f"connect to the {name}", "expected an address https://host[:port][/path]", f"correct {connection}"
            )
        self._host = url.host

    def __enter__(self) -> JsonApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        """The answer's JSON.

        Raises:
            TransientError: no success after several tries.
            PermanentError: what no retry can mend: a refused token, an unknown path, a redirect, a bad certificate.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            stop=tenacity.stop_after_attempt(ATTEMPTS) | _AsksTooMuch(),
            wait=_wait,
            reraise=True,
        )
        try:
            return retrying(self._get_once, path, parameters)
        except _Again as error:
            tries = retrying.statistics["attempt_number"]
            asked = "" if error.wait is None else f", asking to wait {error.wait:.0f} seconds"
            raise TransientError(
                f"read {path} of the {self._name}",
                f"{error} after {tries} {'try' if tries == 1 else 'tries'}{asked}",
                "check that it is up, then run the date again",
            ) from None

    def _get_once(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        tried = f"read {path} of the {self._name}"
        try:
            answer = self._client.get(path, params=dict(parameters))
        except httpx.RequestError as error:
            if _is_untrusted(error):
                raise PermanentError(
                    tried,
                    f"the certificate of {self._host} is not trusted",
                    "ask its owner for a valid one, or install the city's root certificate; checking is never switched off",
                ) from None
            raise _Again(f"no answer ({type(error).__name__})") from None
        if answer.status_code in _RETRIED or answer.status_code >= 500:
            raise _Again(f"answer {answer.status_code}{self._said(answers.words_of(answer))}", _retry_after(answer))
        if answer.is_redirect:
            target = httpx.URL(answer.headers.get("location", "")).host or self._host
            raise PermanentError(
                tried, f"expected an answer of {self._host}, found a redirect to {target}",
                f"redirects are refused: the token would go with them; correct the connection {self._connection}",
            )  # fmt: skip
        if answer.status_code in (401, 403):
            raise PermanentError(
                tried,
                f"it refuses the token ({answer.status_code}{self._said(answers.words_of(answer))})",
                f"correct the connection {self._connection}",
            )
        if not answer.is_success:
            raise PermanentError(
                tried,
                f"answer {answer.status_code}{self._said(answers.words_of(answer))}",
                f"check the address of the connection {self._connection}",
            )
        content = answers.read(answer)
        if not isinstance(content, answers.Failure):
            return content
        happened = self._said(content.happened)
        if content.refuses_token:
            raise PermanentError(
                tried, f"it refuses the token: {happened}", f"correct the connection {self._connection}"
            )
        if content.may_pass:
            raise _Again(happened)
        raise PermanentError(tried, happened, "ask its owner what changed")

    def _said(self, words: str) -> str:
        """Words of the platform, which may repeat the token."""
        return words.replace(self._token, "…") if self._token else words


def _wait(state: tenacity.RetryCallState) -> float:
    """Seconds before the next try: what the server asked for, else doubling from a half up to the limit.

    Without jitter: one reader a night meets no crowd, and equal nights behave equally.
    """
    asked = _asked(state)
    return asked if asked is not None else min(LONGEST_BACK_OFF_SECONDS, 0.5 * 2.0 ** (state.attempt_number - 1))


class _AsksTooMuch(tenacity.stop.stop_base):
    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return (_asked(retry_state) or 0.0) > LONGEST_ASKED_SECONDS


def _asked(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.wait if isinstance(error, _Again) else None


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds of ``Retry-After``: a number, or a date, taken against the server's own ``Date``."""
    text = answer.headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdigit() and text.isascii():
        return float(text)
    try:
        until, now = (parsedate_to_datetime(value) for value in (text, answer.headers.get("date", "")))
        return max(0.0, float((until - now).total_seconds()))
    except (ValueError, TypeError):
        return None


def _is_untrusted(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
