"""The text of a KPI's file: one order of keys, what belongs together apart by a line, long texts folded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import yaml

_WIDTH = 110
#: Keys that stand together, with the comment above them.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("kpi_id", "kpi_name", "name_zh", "name_en", "standard")),
    ("# placeholder until the city names its offices", ("owner_zh",)),
    ("", ("source", "requires", "is_optional")),
    ("", ("count_model", "numerator", "denominator", "sample_size", "unit", "interval_method", "direction")),
    ("", ("levels", "periods", "settle_days")),
    ("# placeholders, a local choice: n below which a cell is hidden, and below which it carries a note",
     ("suppress_below", "band_below")),
    ("", ("inputs", "anchors", "components", "judged_together")),
    ("", ("description", "description_zh")),
    ("", ("history",)),
)  # fmt: skip


def as_yaml(shared: Mapping[str, object], variants: Mapping[str, Mapping[str, object]] | None = None) -> str:
    """The file of a KPI.

    Args:
        shared: keys that hold for every variant, as in :class:`minhu.gate.kpi_contract.form.Kpi`.
        variants: what differs, by variant; None where there is one, called main.
    """
    lines = list(_grouped(shared))
    if variants:
        lines += ["", "variants:"]
        for number, (name, differing) in enumerate(variants.items()):
            own = [line for keys in _GROUPS for line in _lines(keys[1], differing)]
            lines += [*([""] if number else []), f"  {name}:", *textwrap.indent("\n".join(own), "    ").split("\n")]
    return "\n".join(lines) + "\n"


def _grouped(said: Mapping[str, object]) -> Iterator[str]:
    is_first = True
    for comment, keys in _GROUPS:
        lines = list(_lines(keys, said))
        if lines:
            yield from [*([] if is_first else [""]), *([comment] if comment else []), *lines]
            is_first = False


def _lines(keys: Sequence[str], said: Mapping[str, object]) -> Iterator[str]:
    for key in keys:
        if key in said:
            yield from _entry(key, said[key])


def _entry(key: str, value: object) -> Iterator[str]:
    """A key and its value, on one line where it fits."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield f"{key}:"
        for entry in value:
            inner = [line for name, part in entry.items() for line in _entry(str(name), part)]
            yield from (f"{'  - ' if number == 0 else '    '}{line}" for number, line in enumerate(inner))
    elif isinstance(value, list):
        on_one_line = f"{key}: [{', '.join(map(_scalar, value))}]"
        if len(on_one_line) <= _WIDTH:
            yield on_one_line
        else:
            yield from [f"{key}:", *(f"  - {_scalar(part)}" for part in value)]
    elif isinstance(value, str) and len(value) > _WIDTH - len(key):
        folded = textwrap.wrap(value, _WIDTH - 6, break_long_words=False, break_on_hyphens=False)
        yield from [f"{key}: >-", *(f"  {line}" for line in folded)]
    else:
        yield f"{key}: {_scalar(value)}"


def _scalar(value: object) -> str:
    """One value as YAML writes it; texts in quotes only where they need them."""
    if isinstance(value, date):
        return value.isoformat()
    text: str = yaml.safe_dump(value, allow_unicode=True, width=10**6, default_flow_style=True)
    return text.removesuffix("\n").removesuffix("\n...")
