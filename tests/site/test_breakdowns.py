"""What a KPI's page says of categories, demand types, tiers and channels."""

from __future__ import annotations

import re


def test_a_page_has_the_newest_month_by_value_and_says_why_a_figure_is_hidden(pages: dict[str, str]) -> None:
    section = pages["kpi/H06.html"].split('<section id="breakdowns">')[1].split("</section>")[0]
    tables = section.split("<details")[1:]
    assert [re.search(r'lang="zh">(.*?)<', table)[1] for table in tables] == ["诉求类别", "办理等级"]  # type: ignore[index]
    assert "2026-10" in section and "2025-01" not in section
    lines = [
        [re.sub(r'<span class="en".*?</span>|<[^>]*>', "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line)]
        for line in re.findall(r"<tr>.*?</tr>", tables[0], re.DOTALL)
    ]
    assert lines == [
        ["诉求类别", "数值", "95% 区间", "n", "610101名", "610102名", "原因"],
        ["&lt;i&gt;噪声&lt;/i&gt;", "90.0 %", "70.0–95.0 %", "50", "75.0 %", "–", ""],
        ["K2", "隐去", "", "", "–", "隐去", "规则 &lt;3"],
        ["未知", "50.0 %", "70.0–95.0 %", "90", "–", "–", "规则 &lt;5"],
    ]
    assert '<span class="en" lang="en">unknown</span>' in tables[0] and "suppressed" in tables[0]


def test_other_kpis_have_none(pages: dict[str, str]) -> None:
    assert [address for address, page in pages.items() if 'id="breakdowns"' in page] == ["kpi/H06.html"]
