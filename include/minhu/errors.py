"""Errors that say what was tried, what happened and what to do next.

Every error a person can meet is one of these. ``TransientError`` is worth a retry; ``PermanentError`` is not,
and an orchestrator must not repeat it.
"""

from __future__ import annotations


class MinhuError(Exception):
    """Base of all errors of the product.

    Args:
        tried: what the program was doing, with the object's name ("read hotline.work_orders").
        happened: what it met, as expected and found.
        next_step: what a person should do now.
    """

    exit_code = 1

    def __init__(self, tried: str, happened: str, next_step: str) -> None:
        super().__init__(f"{tried}: {happened} - {next_step}")
        self.tried = tried
        self.happened = happened
        self.next_step = next_step


class TransientError(MinhuError):
    """The same call may succeed later: a source is down, slow or restarting."""


class PermanentError(MinhuError):
    """Repeating the call cannot help: a wrong password, a missing column, a bad setting."""


class UsageError(PermanentError):
    """The caller asked for something that does not exist or cannot be."""

    exit_code = 2


class SourceBlocked(PermanentError):
    """A source's delivery was refused as a whole; the last good one stays in use."""

    exit_code = 3


class Busy(TransientError):
    """Another night holds the lock of this city."""

    exit_code = 5
