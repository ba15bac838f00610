"""Calls back to those who called: one to five days after closing, in several attempts, many of them in vain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from minhu.simulator.city.streams import DAY, HOUR, NEVER, Bools, Ints, Texts, recording_lag, shown, stream, when
from minhu.simulator.hotline.orders import OrderLives

ATTEMPTS = 5
COLUMNS = [
    "callback_id", "order_id", "attempt_no", "called_at", "interviewer_id", "reached", "is_valid", "invalid_reason",
    "contacted", "resolved", "satisfaction", "recorded_at",
]  # fmt: skip


@dataclass(frozen=True)
class CallBackLives:
    """All calls back on the orders of one day, one row per call; moments in local seconds."""

    order: Ints
    attempt_no: Ints
    called: Ints
    recorded: Ints
    valid: Bools
    content: pd.DataFrame


def callback_lives(seed: int, lives: OrderLives) -> CallBackLives:
    """Generate the calls back on ``lives``; a pure function of the seed and the orders."""
    rng = stream(seed, lives.day, "callbacks")
    called, valid = _attempts(rng, lives)
    made = called < NEVER
    attempt_no = np.cumsum(made, axis=1, dtype=np.int64)
    order, slot = np.nonzero(made)
    moments = called[order, slot]
    unhappy = slot == 0  # the call before a reopening
    return CallBackLives(
        order=order,
        attempt_no=attempt_no[order, slot],
        called=moments,
        recorded=moments + 60 + recording_lag(rng, len(order), 0.04, 0.006),
        valid=valid[order, slot],
        content=_answers(rng, valid[order, slot], unhappy),
    )


def callback_frame(lives: OrderLives, calls: CallBackLives, as_of: int) -> pd.DataFrame:
    """Table ``hotline.callbacks`` for the orders of one day, as recorded before ``as_of``."""
    seen = calls.recorded < as_of
    ids = lives.order_id[calls.order[seen]]
    attempts = calls.attempt_no[seen]
    everything = np.ones(len(ids), dtype=np.bool_)
    frame = calls.content[seen].reset_index(drop=True)
    frame["callback_id"] = [f"{order}-R{number}" for order, number in zip(ids, attempts, strict=True)]
    frame["order_id"] = ids
    frame["attempt_no"] = attempts
    frame["called_at"] = shown(calls.called[seen], everything)
    frame["recorded_at"] = shown(calls.recorded[seen], everything)
    return frame[COLUMNS]


def _attempts(rng: np.random.Generator, lives: OrderLives) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Moments and validity per order and slot: 0 before a reopening, 1-3 the usual round, 4 a second interview."""
    count = len(lives)
    step = lives.happened
    merged = step["merge_into"] < NEVER
    closed = np.where(step["reopen"] < NEVER, step["close_again"], step["close"])
    closed = np.where(merged, step["merge_into"], closed)
    wanted = (closed < NEVER) & (lives.channel != "transfer") & (lives.closure != "withdrawn")
    wanted &= rng.random(count) < np.where(merged, 0.4, 0.93)

    called = np.full((count, ATTEMPTS), NEVER, dtype=np.int64)
    valid = rng.random((count, ATTEMPTS)) < np.array([1.0, 0.62, 0.62, 0.62, 0.85])
    angry = (step["reopen"] < NEVER) & (rng.random(count) < 0.6)
    called[:, 0] = when(angry, step["reopen"] - rng.integers(600, 3 * HOUR, count))
    moment = closed + (rng.uniform(1.0, 4.0, count) * DAY).astype(np.int64)
    going = wanted
    for slot in (1, 2, 3):
        called[:, slot] = when(going, _in_office_hours(moment))
        going = going & ~valid[:, slot] & (rng.random(count) < 0.8)
        moment = moment + (rng.uniform(0.2, 1.2, count) * DAY).astype(np.int64)
    again = (called[:, 1] < NEVER) & valid[:, 1] & lives.called_back_twice
    called[:, 4] = when(again, _in_office_hours(moment + DAY))
    return called, valid


def _in_office_hours(moment: Ints) -> Ints:
    """The same day between 9:00 and 20:00; keeps the order of moments."""
    return moment // DAY * DAY + 9 * HOUR + moment % DAY * 11 // 24


def _answers(rng: np.random.Generator, valid: Bools, unhappy: Bools) -> pd.DataFrame:
    count = len(valid)
    reasons = np.array(["no_answer", "busy", "refused", "wrong_number", "line_dropped"], dtype=object)
    reason = reasons[rng.choice(5, size=count, p=[0.5, 0.2, 0.15, 0.1, 0.05])]
    grades = np.array(
        ["very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied", None], dtype=object
    )
    satisfaction = grades[rng.choice(6, size=count, p=[0.47, 0.34, 0.115, 0.05, 0.02, 0.005])]
    satisfaction = np.where(unhappy, "dissatisfied", satisfaction)
    pleased = np.isin(satisfaction, ["very_satisfied", "satisfied", "basically_satisfied"])
    resolved = ~unhappy & (rng.random(count) < np.where(pleased, 0.93, 0.25))
    contacted = rng.random(count) < 0.97
    reached = valid | np.isin(reason, ["refused", "wrong_number", "line_dropped"])
    return pd.DataFrame(
        {
            "interviewer_id": [f"H{number:03d}" for number in rng.integers(0, 60, count)],
            "reached": reached,
            "is_valid": valid,
            "invalid_reason": _only(reason, ~valid),
            "contacted": pd.Series(_only(contacted, valid), dtype="boolean"),
            "resolved": pd.Series(_only(resolved, valid), dtype="boolean"),
            "satisfaction": _only(satisfaction, valid),
        }
    )


def _only(values: npt.NDArray[np.bool_] | Texts, mask: Bools) -> Texts:
    kept = np.full(len(values), None, dtype=object)
    kept[mask] = values[mask]
    return kept
