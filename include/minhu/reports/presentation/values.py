"""How single values are written on a page, in two languages. Everything that came from data is escaped here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Words:
    """The same words in Chinese and in English; pages hold both and show one."""

    zh: str
    en: str

    def __html__(self) -> Markup:
        return _both(self.zh, self.en)


@lru_cache(maxsize=4096)
def _both(zh: str, en: str) -> Markup:
    """Kept, for pages say the same words over and over."""
    if zh == en:
        return escape(zh)
    return Markup(f'<span class="zh" lang="zh">{escape(zh)}</span><span class="en" lang="en">{escape(en)}</span>')


def shown(value: Any) -> Markup:
    """A value as it stands in a cell."""
    if value is None or value == "":
        return Markup('<span class="none">–</span>')
    if hasattr(value, "__html__"):
        return Markup(value.__html__())
    if isinstance(value, bool):
        return (Words("是", "yes") if value else Words("否", "no")).__html__()
    if isinstance(value, int):
        return Markup(f"{value:,}".replace("-", "−"))
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return Markup(f"{value:,.4g}".replace("-", "−"))
    if isinstance(value, datetime):
        return Markup("<time>{}</time>").format(value.isoformat(sep=" ", timespec="minutes"))
    if isinstance(value, date):
        return Markup("<time>{}</time>").format(value.isoformat())
    return escape(value)


def signed(value: int | None) -> str | None:
    """A difference: with its sign, ±0 written as 0."""
    return None if value is None else f"{value:+,}".replace("-", "−") if value else "0"


def share(value: float | None, digits: int = 2) -> str | None:
    """A share between 0 and 1 as per cent."""
    return None if value is None else f"{100 * value:.{digits}f} %".replace("-", "−")


def figure(value: float | None, unit: str) -> str | None:
    """A figure in the unit of its KPI."""
    if value is None:
        return None
    if unit == "share":
        return share(value)
    digits = 0 if unit == "count" else 2
    return f"{value:,.{digits}f}".replace("-", "−")


def tag(css_class: str, words: Words) -> Markup:
    """A small label, coloured by its class."""
    return Markup('<span class="tag {}">{}</span>').format(css_class, words)


def link(address: str, text: Any) -> Markup:
    """A link inside the dossier."""
    return Markup('<a href="{}">{}</a>').format(address, shown(text))


def keys(text: str | None) -> Markup | None:
    """Business keys, joined by blanks, as they may be copied."""
    found = [key for key in (text or "").split(" ") if key]
    return Markup(" ").join(Markup("<code>{}</code>").format(key) for key in found) if found else None
