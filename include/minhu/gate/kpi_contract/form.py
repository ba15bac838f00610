"""What a file ``kpis/<id>.yml`` may say, and what was meant where it says something else.

A file describes one KPI. A key at its top holds for every variant; below ``variants`` stands what differs. A KPI without
``variants`` has one, called main.
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError
from pydantic_core import ErrorDetails

from minhu.errors import UsageError

FIRST_VERSION = "1.0.0"
MAIN = "main"
#: The KPIs' families in the order in which the contract lists them; a family that is not named follows, by its letter.
FAMILIES = "HGSRBELVPWQTX"

Text = Annotated[StrictStr, Field(min_length=1, pattern=r"\S")]
Chinese = Annotated[StrictStr, Field(pattern=r"[\u4e00-\u9fff]")]
Words = Annotated[list[Text], Field(min_length=1)]
Floor = Annotated[StrictInt, Field(ge=0)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Version(_Form):
    """One version of a definition.

    Attributes:
        version: three numbers, as in 1.1.0.
        valid_from: business date of the first night under it.
        is_break: figures released before and after do not compare (序列中断).
        meaning_zh, meaning_en: what the number meant before and means now; a first version has none.
    """

    version: Annotated[StrictStr, Field(pattern=r"^\d+\.\d+\.\d+$")]
    valid_from: date
    is_break: StrictBool = False
    meaning_zh: StrictStr = ""
    meaning_en: StrictStr = ""


class Kpi(_Form):
    """One variant of a KPI, with all that its file says of it.

    Attributes:
        count_model: ``orders`` for the counts of ``agg_orders_by_period``.
        numerator, denominator, sample_size: expressions over its columns. Where no sample_size is given it is the
            denominator; null where there is no sample.
        suppress_below, band_below: n below which a cell is hidden, and below which it carries a note.
        settle_days: days after the end of a period in which its figures still change by design.
        requires: the input without which there is no figure (``minhu.landing.contracts.INPUTS``).
        inputs: landed tables (``source.table``) and models that the figure is made of.
        anchors: the days by which records are counted (``table/anchor`` of ``macros/anchors.sql``).
        components: ``kpi_id/variant`` of the KPIs that it is composed of by a known formula.
        judged_together: input whose KPIs' verdicts hang together with this one's.
        description, description_zh: which things are counted when, and what the numerator is, in English and in Chinese. The
            English one is part of the definition; the Chinese one is its translation.
    """

    kpi_id: Annotated[StrictStr, Field(pattern=r"^[A-Z]\d\d$")]
    variant: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kpi_name: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name_zh: Text
    name_en: Text
    owner_zh: Text
    standard: Text
    source: Text
    requires: Text
    count_model: Text
    numerator: StrictStr | None = None
    denominator: StrictStr | None = None
    sample_size: StrictStr | None = None
    unit: Literal["share", "count", "per_unit", "per_10k", "points", "pp", "days", "index"]
    interval_method: Literal["none", "wilson", "poisson", "ratio", "composed"]
    direction: Literal["up", "down", "context"]
    levels: Words
    periods: Words
    suppress_below: Floor
    band_below: Floor
    settle_days: Floor
    is_optional: StrictBool = False
    inputs: Words
    anchors: list[Text] = []
    components: list[Text] = []
    judged_together: StrictStr = ""
    description: Text
    description_zh: Chinese
    history: Annotated[list[Version], Field(min_length=1)]

    @property
    def key(self) -> str:
        return f"{self.kpi_id}/{self.variant}"

    @property
    def contract_version(self) -> str:
        return self.history[-1].version

    @property
    def expressions(self) -> tuple[str, ...]:
        """Numerator, denominator and sample size, as far as there are any."""
        return tuple(part for part in (self.numerator, self.denominator, self.sample_size) if part)


def read_folder(folder: Path) -> tuple[list[Kpi], list[str]]:
    """All KPIs of ``kpis/`` in the order of the contract, and a sentence for each thing that cannot be understood.

    Raises:
        UsageError: there is no such folder, or nothing in it.
    """
    paths = sorted(folder.glob("*.yml"), key=lambda path: (_family(path.stem), path.stem))
    if not paths:
        raise UsageError(f"read the KPIs of {folder}", "it holds no <id>.yml", "call it in a checkout of the project")
    kpis: list[Kpi] = []
    problems: list[str] = []
    for path in paths:
        found, said = read_file(path)
        kpis += found
        problems += said
    return kpis, problems


def read_file(path: Path) -> tuple[list[Kpi], list[str]]:
    """The variants of one KPI, and a sentence for each thing of the file that cannot be understood."""
    where = f"kpis/{path.name}"
    try:
        said = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return [], [f"{where}: expected YAML in UTF-8, found {' '.join(str(error).split())} - correct the file"]
    if not isinstance(said, dict):
        return [], [f"{where}: expected keys and values, found {_shown(said)} - write it like kpis/H06.yml"]
    shared = {key: value for key, value in said.items() if key != "variants"}
    variants = said.get("variants", {MAIN: {}})
    if not isinstance(variants, dict) or not variants:
        return [], [
            f"{where}: variants: expected names with what differs below each, found {_shown(variants)} - "
            "write `variants:` with a line `<name>:` for each, or leave it out where there is one"
        ]
    problems = [] if shared.get("kpi_id") == path.stem else [
        f"{where}: kpi_id: expected {path.stem}, as the file is called, found {_shown(shared.get('kpi_id'))} - "
        "let both be the same"
    ]  # fmt: skip
    kpis = []
    for name, differing in variants.items():
        if not isinstance(differing or {}, dict):
            problems.append(
                f"{where}: {name}: expected keys and values, found {_shown(differing)} - indent them below it"
            )
            continue
        own: dict[str, Any] = differing or {}
        try:
            kpis.append(Kpi.model_validate({**_with_sample_size({**shared, **own}), "variant": name}))
        except ValidationError as error:
            for detail in error.errors():
                key = detail["loc"][0]
                is_said_below = any(key in (other or {}) for other in variants.values())
                problems.append(_sentence(where, name if key in own or is_said_below else "", detail))
    return kpis, list(dict.fromkeys(problems))  # what is wrong at the top is wrong in each variant


def _with_sample_size(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"sample_size": said.get("denominator"), **said}


def _sentence(where: str, variant: str, error: ErrorDetails) -> str:
    """What is wrong with one key: where, expected, found, what to do."""
    path = ".".join(str(part + 1 if isinstance(part, int) else part) for part in error["loc"])
    key = f"{where}: {variant}: {path}" if variant else f"{where}: {path}"
    if error["type"] == "missing":
        return f"{key}: expected a value, found nothing - add the line `{error['loc'][-1]}: …`"
    if error["type"] == "extra_forbidden":
        fields = Version.model_fields if error["loc"][0] == "history" else Kpi.model_fields
        meant = difflib.get_close_matches(str(error["loc"][-1]), fields, 1)
        return (
            f"{key}: expected a key of the form, found one it does not know - "
            f"{f'write {meant[0]}' if meant else 'remove it'}"
        )
    expected = _EXPECTED.get(str(error["loc"][-1])) or error.get("ctx", {}).get("expected") or error["msg"].lower()
    return f"{key}: expected {expected}, found {_shown(error['input'])} - correct it"


#: What to write where the pattern of a key does not hold.
_EXPECTED = {
    "kpi_id": "a letter and two digits, as in H06",
    "variant": "a name in small letters, as in calendar_paused",
    "kpi_name": "an English identifier in small letters, as in on_time_closure_rate",
    "version": "three numbers, as in 1.1.0",
    "valid_from": "the business date of the first night under the version, as in 2026-11-28",
    "is_break": "true or false",
    "description_zh": "the definition in Chinese, as readers see it",
    "is_optional": "true or false",
}


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)


def _family(kpi_id: str) -> int:
    found = FAMILIES.find(kpi_id[:1])
    return found if found >= 0 else len(FAMILIES)


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """Plain YAML, in which a key that stands twice is an error: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for name in names:
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name} twice", node.start_mark)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping
