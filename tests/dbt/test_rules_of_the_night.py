"""Record rules that the passing of time may heal are those whose condition names the night."""

from __future__ import annotations

import re

from minhu.settings import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt_project"
RULE = re.compile(r"\('(L2-(?:HOT|GRD|STA)-\d+)', (.*?)\),?\n(?=\s+\('L2|\s+\])", re.DOTALL)


def test_the_list_of_such_rules_is_what_the_models_say() -> None:
    """A record set aside for another rule is not judged again until it changes: a rule missing there would keep it aside."""
    texts = [path.read_text(encoding="utf-8") for path in (DBT / "models" / "intermediate").rglob("int_*_checked.sql")]
    rules = {rule: condition for text in texts for rule, condition in RULE.findall(text)}
    assert len(rules) > 20
    of_the_night = {
        rule for rule, condition in rules.items() if "as_of()" in condition or "is_implausible" in condition
    }
    macro = (DBT / "macros" / "increments.sql").read_text(encoding="utf-8").split("macro rules_of_the_night")[1]
    assert set(re.findall(r"'(L2-[A-Z]+-\d+)'", macro.split("endmacro")[0])) == of_the_night
