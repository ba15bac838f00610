"""Figures of a published account beside the figures of a release: ``minhu claims``.

The statement is the dbt model ``claim_reconciliation``; for another account's claims it is run over a CSV.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa

from minhu.analysis.query import offered_release, run_sql
from minhu.errors import UsageError
from minhu.release import published_contract
from minhu.settings import Settings

COLUMNS = {
    "claim_id": "varchar", "claim_row": "integer", "system_zh": "varchar", "figure_zh": "varchar", "bound": "varchar",
    "value": "double", "tolerance": "double", "unit": "varchar", "period_type": "varchar", "period_start": "date",
    "kpi_id": "varchar", "variant": "varchar", "is_definition_known": "boolean", "duplicate_of": "varchar",
    "ratio_to": "varchar", "ratio_low": "double", "ratio_high": "double", "sum_of": "varchar",
    "note_zh": "varchar",
}  # fmt: skip
#: Columns that an older file may lack, with what is meant then: the KPI's value, of the city.
OPTIONAL_COLUMNS = {"measured_as": "value", "unit_code": None}
MEASURED_AS = {"value": "", "numerator": "分子", "denominator": "分母", "places": "区划数"}
#: Columns of :func:`readable` that may take several lines, and how they share the width that others leave.
WRAPPED_COLUMNS = {"系统": 2, "数字": 3, "说明": 6}


def reconcile(settings: Settings, file: Path | None = None) -> pa.Table:
    """One row per claim with its fate, in the order of the account.

    Args:
        settings: of the city.
        file: a CSV (UTF-8) with the columns of the seed ``claims``, ``measured_as`` and ``unit_code`` if it has them;
            None takes that seed as the release has it.

    Raises:
        UsageError: there is no release, or the file cannot be read as claims; the message names what is wrong.
    """
    if file is None:
        return run_sql(settings, "select * from claim_reconciliation order by claim_row, claim_id")
    with offered_release(settings) as engine:
        engine.from_arrow(_claims_of(file)).to_view("claims")
        files = ("macros/rounded.sql", "models/publish/claim_reconciliation.sql")  # the model with what it calls
        template = "".join((settings.dbt_dir / name).read_text(encoding="utf-8") for name in files)
        statement = jinja2.Template(template).render(ref=lambda name: name)
        return engine.query(statement).order("claim_row, claim_id").to_arrow_table()


def readable(rows: pa.Table) -> pa.Table:
    """The reconciliation in few columns, for a screen."""
    signs = {">=": "≥ ", "~": "≈ ", "=": ""}

    def number(value: float | None) -> str:
        return "" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")

    def measured(row: dict[str, Any]) -> str:
        of = MEASURED_AS[row["measured_as"]]
        return number(row["measured_value"]) + (f"（{of}）" if of and row["measured_value"] is not None else "")

    return pa.Table.from_pylist(
        [
            {
                "行": row["claim_row"],
                "系统": row["system_zh"],
                "数字": row["figure_zh"],
                "报告所称": f"{signs.get(row['bound'], '')}{number(row['value'])}",
                "比值": number(row["ratio"]),
                "差": number(row["difference"]),
                "本次发布": measured(row),
                "结论": row["status_zh"],
                "说明": row["note_zh"],
            }
            for row in rows.to_pylist()
        ]
    )


def summary(rows: pa.Table) -> str:
    """How many claims met which fate, as one line for a reader."""
    found = Counter(rows["status"].to_pylist())
    statuses = published_contract.load().codes["claim_status"].words
    parts = [f"{text.zh} {found[status]}" for status, text in statuses.items() if found[status]]
    return f"合计 {rows.num_rows} 条" + ("：" + "，".join(parts) if parts else "")


def _claims_of(file: Path) -> pa.Table:
    if not file.is_file():
        raise UsageError("read the claims", f"{file} does not exist", "give the path of a CSV file")
    with duckdb.connect(":memory:") as engine:
        try:
            found = engine.read_csv(str(file), header=True, all_varchar=True)
            missing = [name for name in COLUMNS if name not in found.columns]
            if missing:
                raise UsageError(
                    f"read the claims in {file.name}", f"expected the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}",
                    "take dbt_project/seeds/claims.csv as the pattern",
                )  # fmt: skip
            columns = [duckdb.ColumnExpression(name).cast(kind).alias(name) for name, kind in COLUMNS.items()]
            for name, default in OPTIONAL_COLUMNS.items():
                given = duckdb.ColumnExpression(name) if name in found.columns else duckdb.ConstantExpression(None)
                kept = duckdb.CoalesceOperator(given.cast("varchar"), duckdb.ConstantExpression(default))
                columns.append(kept.cast("varchar").alias(name))
            claims = found.select(*columns).to_arrow_table()
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise UsageError(f"read the claims in {file.name}", said, "correct the cell and run again") from error
    strange = sorted(set(claims["measured_as"].to_pylist()) - set(MEASURED_AS))
    if strange:
        raise UsageError(
            f"read the claims in {file.name}",
            f"measured_as is {', '.join(strange)}, expected one of {', '.join(MEASURED_AS)}",
            "correct the cell and run again",
        )
    return claims
