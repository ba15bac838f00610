"""The macro ``count_models``: which models hold counts that a KPI may divide, found by their file names.

``agg_<count model>_by_period`` below ``models/assessment`` is a count model. Where its days are not among those of
``int_days_to_count``, ``int_<count model>_days_to_count`` beside it says which are counted again. dbt needs every model that
is read to be named in the text it parses, so the names are written into a macro, as the seeds are.
"""

from __future__ import annotations

import re
from pathlib import Path

MACRO = Path("dbt_project") / "macros" / "count_models.sql"
_MODELS = Path("dbt_project") / "models" / "assessment"
_HEADER = """\
{#
  Count models: counts by unit, period and caliber that the contract of a KPI may name; and the days that are counted again, of
  those whose days int_days_to_count does not know by itself. Written by `minhu kpi write` from the names of the models, never
  edited.
#}
"""


def render(project_root: Path) -> str:
    """The text of the macros, as it follows from the models of a checkout."""
    paths = sorted((project_root / _MODELS).rglob("*.sql"))
    names = [match[1] for path in paths if (match := re.fullmatch(r"agg_(\w+)_by_period", path.stem))]
    with_days = [name for name in names if f"int_{name}_days_to_count" in {path.stem for path in paths}]
    return (
        _HEADER
        + _macro("count_models", {name: f"agg_{name}_by_period" for name in sorted(names)})
        + "\n"
        + _macro("days_of_count_models", {name: f"int_{name}_days_to_count" for name in sorted(with_days)})
    )


def written(project_root: Path) -> str:
    """The text of the macros as it stands, empty where there is none."""
    path = project_root / MACRO
    return path.read_text(encoding="utf-8") if path.exists() else ""


def write(project_root: Path) -> bool:
    """Write the macros anew; returns whether they changed."""
    text = render(project_root)
    is_other = text != written(project_root)
    if is_other:
        (project_root / MACRO).write_text(text, encoding="utf-8")
    return is_other


def _macro(name: str, models: dict[str, str]) -> str:
    lines = "".join(f"        '{key}': ref('{model}'),\n" for key, model in models.items())
    return f"{{% macro {name}() %}}\n    {{{{ return({{\n{lines}    }}) }}}}\n{{% endmacro %}}\n"
