"""What has to be known of a new KPI, in the order in which it is asked, with what is offered and what is taken where
nothing is answered: as far as it can, from the KPI of the same count model that counts the most alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from minhu.errors import UsageError
from minhu.gate.kpi_contract.counts import named_counts
from minhu.gate.kpi_contract.form import FIRST_VERSION, Kpi
from minhu.gate.kpi_contract.project import Project
from minhu.landing import contracts

Kind = Literal["word", "words", "number", "date"]


@dataclass
class Sketch:
    """A KPI that is being described: what is answered so far, beside the KPIs that are there."""

    kpis: Sequence[Kpi]
    project: Project
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> list[str]:
        model = self.project.counts.counted.get(self.answers.get("count_model", ""))
        return sorted(model.counts) if model else []

    @property
    def like(self) -> Kpi | None:
        """The KPI of the same count model that names the most of the same counts."""
        named = {self.answers.get("numerator"), self.answers.get("denominator")}
        alike = [kpi for kpi in self.kpis if kpi.count_model == self.answers.get("count_model")]
        return max(alike, key=lambda kpi: len(named & set(named_counts(kpi))), default=None)

    def as_file(self) -> dict[str, object]:
        """The keys of the KPI's file."""
        said: dict[str, object] = {}
        for question in QUESTIONS:
            answer = self.answers.get(question.key, "")
            if answer and question.kind == "date":
                said["history"] = [{"version": FIRST_VERSION, question.key: _value(question.kind, answer)}]
            elif answer:
                said[question.key] = _value(question.kind, answer)
        return said


@dataclass(frozen=True)
class Question:
    """One thing to know.

    Attributes:
        key: of the KPI's file.
        text: what is asked.
        kind: what the answer is; words have spaces between them.
        offers: answers to choose from.
        default: what is taken where nothing is answered; "" where it may be left out, None where an answer is needed.
        is_closed: whether other answers than those offered are refused.
    """

    key: str
    text: str
    kind: Kind = "word"
    offers: Callable[[Sketch], Sequence[str]] = lambda _: ()
    default: Callable[[Sketch], str | None] = lambda _: None
    is_closed: bool = False


def refuse_id(sketch: Sketch) -> None:
    """Refuse an id that names no file of its own.

    Raises:
        UsageError: it is not of the form, or its file is there.
    """
    kpi_id = sketch.answers["kpi_id"]
    if not re.fullmatch(r"[A-Z]\d\d", kpi_id):
        raise UsageError(
            "describe a new KPI", f"expected an id of a letter and two digits, found {kpi_id!r}", "give --id, as H14"
        )
    if any(kpi.kpi_id == kpi_id for kpi in sketch.kpis):
        raise UsageError("describe a new KPI", f"kpis/{kpi_id}.yml is there", "edit it, or give another --id")


def _value(kind: Kind, answer: str) -> object:
    """An answer as it stands in a file; where it is none of its kind it stays as it is, and the check says so."""
    if kind == "words":
        return answer.replace(",", " ").split()
    if kind == "number" and answer.isdigit():
        return int(answer)
    if kind == "date":
        try:
            return date.fromisoformat(answer)
        except ValueError:
            return answer
    return answer


def _words_of(key: str) -> tuple[str, ...]:
    return tuple(get_args(Kpi.model_fields[key].annotation))


def _from_like(key: str) -> Callable[[Sketch], str | None]:
    """What the KPI that counts the most alike says there."""

    def default(sketch: Sketch) -> str | None:
        if sketch.like is None:
            return None
        value: Any = getattr(sketch.like, key)
        return " ".join(value) if isinstance(value, list) else str(value)

    return default


def _free_ids(sketch: Sketch) -> list[str]:
    """The next id of each family."""
    numbers: dict[str, int] = {}
    for kpi in sketch.kpis:
        numbers[kpi.kpi_id[0]] = max(numbers.get(kpi.kpi_id[0], 0), int(kpi.kpi_id[1:]))
    return [f"{family}{number + 1:02}" for family, number in numbers.items()]


def _levels(sketch: Sketch) -> list[str]:
    """Levels that the count model has and that are published, in the order of the grains."""
    model = sketch.project.counts.counted.get(sketch.answers.get("count_model", ""))
    published = dict.fromkeys(level for level, _ in sketch.project.grain_periods)
    return [level for level in published if model is None or level in model.levels]


def _is_ratio(sketch: Sketch) -> bool:
    return bool(sketch.answers.get("denominator"))


_INTERVALS = {"share": "wilson", "count": "none", "per_unit": "poisson", "per_10k": "poisson"}

QUESTIONS: tuple[Question, ...] = (
    Question("kpi_id", "Its id", offers=_free_ids),
    Question("kpi_name", "Its identifier in English, in small letters with _ (on_time_closure_rate)"),
    Question("name_zh", "Its Chinese name, as readers see it (按时办结率)"),
    Question("name_en", "Its English name, as readers see it (On-time closure rate)"),
    Question("standard", "The public text or practice it follows", default=lambda _: "own definition"),
    Question(
        "count_model", "Which counts make it", offers=lambda s: sorted(s.project.counts.counted), is_closed=True
    ),
    Question("numerator", "Numerator: a count, or an expression over counts", offers=lambda s: s.counts),
    Question(
        "denominator", "Denominator; nothing for a plain count", offers=lambda s: s.counts, default=lambda _: ""
    ),
    Question(
        "unit", "Unit", offers=lambda _: _words_of("unit"), is_closed=True,
        default=lambda s: "share" if _is_ratio(s) else "count",
    ),
    Question(
        "interval_method", "Interval", offers=lambda _: _words_of("interval_method"), is_closed=True,
        default=lambda s: _INTERVALS.get(s.answers.get("unit", "")),
    ),
    Question("direction", "Which way is better; context where neither", offers=lambda _: _words_of("direction"), is_closed=True),
    Question("levels", "Levels", "words", _levels, _from_like("levels")),
    Question(
        "periods", "Periods; level/period adds one that does not exist by default", "words",
        lambda s: list(dict.fromkeys(period for _, period in s.project.grain_periods)), _from_like("periods"),
    ),
    Question(
        "suppress_below", "n below which a cell is hidden (a local choice, placeholder)", "number",
        default=lambda s: "10" if _is_ratio(s) else "0",
    ),
    Question(
        "band_below", "n below which a cell carries a note (a local choice, placeholder)", "number",
        default=lambda s: "30" if _is_ratio(s) else "0",
    ),
    Question(
        "settle_days", "Days after the end of a period in which its figures still change by design", "number",
        default=_from_like("settle_days"),
    ),
    Question("owner_zh", "Who answers for the definition (口径责任单位)", default=_from_like("owner_zh")),
    Question("source", "Where its data come from", offers=lambda _: contracts.SOURCES, default=_from_like("source"), is_closed=True),
    Question(
        "requires", "The input without which there is no figure", offers=lambda _: contracts.INPUTS,
        default=_from_like("requires"), is_closed=True,
    ),
    Question("inputs", "Landed tables and models that it is made of", "words", default=_from_like("inputs")),
    Question(
        "anchors", "The days by which it counts records of landed tables", "words",
        lambda s: sorted(a for a in s.project.anchors if a.partition("/")[0] in s.answers.get("inputs", "").split()),
        _from_like("anchors"),
    ),
    Question("description", "In English: which things are counted when, and what the numerator is"),
    Question("description_zh", "The same in Chinese, as readers see it (分母：…；分子：…)"),
    Question("valid_from", "Business date of the first night that publishes it, YYYY-MM-DD", "date"),
)  # fmt: skip
