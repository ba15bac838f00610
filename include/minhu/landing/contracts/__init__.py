"""The tables that land, one module a source; a new source's contract is a module here and nothing else.

Columns ending in ``_key`` are pseudonyms of persons. Anything personal in the sources is absent here by design.
A module has ``TABLES``, and ``INPUTS``: what a city may lack (``city.json``: absent_inputs; the KPI contract's
``requires`` names the same words).
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from minhu.landing.table_contract import TableContract

_MODULES = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
TABLES: tuple[TableContract, ...] = tuple(table for module in _MODULES for table in module.TABLES)
SOURCES: tuple[str, ...] = tuple(dict.fromkeys(table.source for table in TABLES))
INPUTS: tuple[str, ...] = tuple(name for module in _MODULES for name in module.INPUTS)


def tables_of(source: str) -> tuple[TableContract, ...]:
    """The contracts of one source, in the order they land."""
    return tuple(table for table in TABLES if table.source == source)


def table(source: str, name: str) -> TableContract:
    """One contract.

    Raises:
        KeyError: no such table lands.
    """
    for contract in TABLES:
        if (contract.source, contract.name) == (source, name):
            return contract
    raise KeyError(f"{source}.{name} is not a landed table")
