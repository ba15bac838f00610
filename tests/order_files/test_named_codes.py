"""Codes made from names never collide, and reserved words are kept apart; a city without units has one that says so."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from minhu.errors import PermanentError
from minhu.order_files import load_orders, loading
from minhu.order_files.named_codes import code_of
from tests.order_files.conftest import FIXTURES, Plain, found, order

HEADER = "id,created,due,closed,status,unit,d,c,k1,k2\n"
TIMES = "2024-01-02 10:00,2024-01-05 10:00,2024-01-03 10:00,C"
PLACES = {
    "[unit]": '[places]\ndistrict = { name = "d" }\ncommunity = { name = "c" }\n[[category]]\nname = "k1"\n[[category]]\n'
    'name = "k2"\n[unit]'
}


def _rows(*rows: str) -> dict[str, str]:
    return {"o.csv": HEADER + "".join(f"{n},{TIMES},A,{row}\n" for n, row in enumerate(rows, start=1))}


@pytest.mark.parametrize(
    "rows",
    [
        ("East Side,Park,x,", "East,Side Park,x,"),
        ("East Boston,Eagle Hill,x,", "East,Boston,x,"),
        (",East,x,", "East,,x,"),
        ("Unknown,,x,", ",,x,"),
        ("unknown,,x,", ",,x,"),
        ("St. Mary's,,x,", "St Mary s,,x,", "St-Mary-s,,x,", "St_Mary_s,,x,"),
        ("C & D,,x,", "C D,,x,", "C+D,,x,"),
        ("城南,,x,", "城北,,x,"),
        ("a" * 45 + ",,x,", "a" * 46 + ",,x,"),
    ],
)
def test_two_places_never_have_one_code(plain: Plain, rows: tuple[str, ...]) -> None:
    loaded = plain(_rows(*rows), PLACES)
    places = loaded.tables["places"]
    assert places["place_code"].is_unique
    orders = loaded.tables["work_orders"]
    used = set(zip(orders["street_code"].fillna(""), orders["community_code"].fillna(""), strict=True))
    assert len(used) == len(rows)
    assert set(places["parent_code"].dropna()) <= set(places["place_code"])


@pytest.mark.parametrize(
    "rows",
    [
        (",,Park Maintenance,Trees", ",,Park,Maintenance Trees"),
        (",,Trees,", ",,,Trees"),
        (",,Trees,Trees", ",,,Trees", ",,Trees,"),
    ],
)
def test_two_categories_never_have_one_code(plain: Plain, rows: tuple[str, ...]) -> None:
    loaded = plain(_rows(*rows), PLACES)
    assert loaded.tables["categories"]["category_code"].is_unique
    assert loaded.tables["work_orders"]["category_code"].nunique() == len(rows)


def test_ids_that_are_written_like_two_levels_do_not_collide(plain: Plain) -> None:
    changes = {
        "[unit]": '[places]\ndistrict = { id = "k1", name = "d" }\ncommunity = { id = "k2", name = "c" }\n[unit]'
    }
    loaded = plain(_rows("D,C,1-2,3", "E,F,1,2-3", "G,H,unknown,1", ",,,"), changes)
    places = loaded.tables["places"]
    assert places["place_code"].is_unique
    assert loaded.tables["work_orders"]["community_code"].nunique() == 4


def test_a_name_without_its_id_is_none_of_the_ids(plain: Plain) -> None:
    changes = {'name = "unit"': 'id = "k1"\nname = "d"'}
    loaded = plain(_rows("Roads,,R1,", "Water,,roads,", "Parks,,parks,", "PARKS,,,", "Roads Two,,,"), changes)
    codes = [order(loaded, str(n))["unit_code"] for n in (1, 2, 3, 4, 5)]
    assert codes[:3] == ["R1", "roads", "parks"]
    assert len(set(codes)) == 5


def test_codes_are_the_same_wherever_a_name_stands() -> None:
    assert code_of("Beacon  HILL ") == code_of("beacon hill") == "beacon_hill"
    assert code_of("Ｒｏａｄｓ") == "roads"
    assert re.fullmatch(r"st_mary_s\.[0-9a-f]{12}", code_of("St. Mary's"))
    assert re.fullmatch(r"[0-9a-f]{12}", code_of("雁塔区"))


def test_missing_counts_for_names_as_for_ids(plain: Plain) -> None:
    changes = {"[unit]": '[places]\ndistrict = { name = "d", missing = ["HEAD OFFICE", "0"] }\n[unit]'}
    loaded = plain(_rows("HEAD OFFICE,,,", "0,,,", "East,,,"), changes)
    assert [order(loaded, str(n))["street_code"] for n in (1, 2, 3)] == [None, None, "PF-east"]
    assert [f.sample_keys for f in found(loaded, "L1-ORD-037")] == ["1 2"]
    assert "HEAD OFFICE" not in set(loaded.tables["places"]["name"])


@pytest.mark.parametrize("how", ["no key", "no value"])
def test_a_city_without_units_has_one_that_no_order_has(plain: Plain, how: str) -> None:
    files = {"o.csv": f"id,created,due,closed,status,unit\n1,{TIMES},\n2,{TIMES},\n"}
    loaded = plain(files, {'[unit]\nname = "unit"': ""} if how == "no key" else {})
    assert loaded.tables["units"][["unit_code", "kind"]].values.tolist() == [["unknown", "department"]]
    assert "unit unknown" in loaded.tables["units"]["name"].iloc[0]
    assert loaded.tables["work_orders"]["unit_code"].isna().all()
    assert [f.rows_failed for f in found(loaded, "L1-ORD-050")] == [2]


def test_what_the_server_refuses_is_a_sentence_without_content(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = loading.make_orders

    def doubled(*given: object) -> object:
        loaded = make(*given)  # type: ignore[arg-type]
        loaded.tables["units"] = pd.concat([loaded.tables["units"]] * 2)
        return loaded

    monkeypatch.setattr(loading, "make_orders", doubled)
    with pytest.raises(PermanentError) as caught:
        load_orders(FIXTURES / "smallville.toml", [FIXTURES / "smallville.csv"], uri, tmp_path)
    assert "UniqueViolation 23505 units, units_pkey" in str(caught.value)
    assert "U1" not in str(caught.value) and "Roads" not in str(caught.value)
    assert "nothing was changed" in caught.value.next_step
    with psycopg.connect(uri) as connection:
        assert connection.execute("select to_regnamespace('hotline')::text").fetchone() == (None,)
    assert not (tmp_path / "city.json").exists()
