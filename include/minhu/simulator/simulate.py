"""The synthetic city of a home: made once, then carried on night by night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from minhu import atomic
from minhu.errors import UsageError
from minhu.settings import DEFAULT_CITY, read_profile
from minhu.simulator.city.city import City
from minhu.simulator.grid.grid_state import token_of, write_grid_state
from minhu.simulator.hotline.hotline_db import fill_hotline
from minhu.simulator.returns.return_files import returns_folder, write_return_files
from minhu.simulator.stations.station_files import stations_folder, write_station_files

DEFAULT_SCALE, DEFAULT_SEED = 0.02, 7
DEFAULT_DAYS = 7


@dataclass(frozen=True)
class SimulatedCity:
    """What ``simulate`` did.

    Attributes:
        city: the city that was asked for or, where the home already holds another one, that one.
        business_date: the local day whose end the sources show.
        is_another_city: the home holds a city with another seed, scale or an earlier need; nothing was written.
        hotline_rows, grid_events, station_folders: what was written; 0 where it was there already.
        stations_dir, returns_dir: the drop folders.
        grid_token: bearer token of the simulated grid platform.
    """

    city: City
    business_date: date
    is_another_city: bool
    stations_dir: Path
    returns_dir: Path
    grid_token: str
    hotline_rows: int = 0
    grid_events: int = 0
    station_folders: int = 0


def simulate(
    home: Path,
    hotline_uri: str,
    business_date: date,
    days: int | None = None,
    scale: float | None = None,
    seed: int | None = None,
    progress: Callable[[str], None] = lambda message: None,
    *,
    replace_city: bool = False,
) -> SimulatedCity:
    """Bring the home's synthetic city to the end of ``business_date``: hotline, grid platform, stations, returns.

    Args:
        home: state folder; ``city.json`` there remembers seed, scale and first day.
        hotline_uri: PostgreSQL that plays the hotline.
        business_date: local day; an earlier one than before shows exactly that earlier state.
        days: days of history wanted up to ``business_date``; None takes what the city has (7 for a new one).
        scale: 1.0 is Xi'an; None takes what the city has (0.02 for a new one).
        seed: another seed, another city; None takes what the city has (7 for a new one).
        progress: gets a line per stage.
        replace_city: throw away another city that the home holds, instead of reporting it.

    Raises:
        UsageError: an argument makes no sense, or the home belongs to a city that is not simulated.
        PermanentError: the hotline schema may be a real one.
    """
    known = read_city(home)
    scale = scale if scale is not None else known.scale if known else DEFAULT_SCALE
    seed = seed if seed is not None else known.seed if known else DEFAULT_SEED
    wanted = _wanted(business_date, days, scale, seed)
    if known is not None and not same_city(home, business_date, days, scale, seed) and not replace_city:
        return SimulatedCity(known, business_date, True, stations_folder(home), returns_folder(home), token_of(known))
    keep = known is not None and same_city(home, business_date, days, scale, seed)
    city = known if known is not None and keep else wanted
    _write_profile(home, city, business_date)
    history = (business_date - city.start).days + 1
    progress(f"synthetic city: scale {city.scale:g}, seed {city.seed}, {history} days to {business_date}")
    rows = fill_hotline(hotline_uri, city, business_date)
    progress(f"hotline: {rows:,} rows written to PostgreSQL")
    events = write_grid_state(home, city, business_date)
    progress(f"grid platform: {events:,} events")
    folders = write_station_files(home, city, business_date)
    progress(f"stations: {folders} day folders written")
    returned = write_return_files(home, city, business_date)
    progress(f"returns: {returned} deliveries written")
    return SimulatedCity(
        city,
        business_date,
        False,
        stations_folder(home),
        returns_folder(home),
        token_of(city),
        rows,
        events,
        folders,
    )


def same_city(home: Path, business_date: date, days: int | None, scale: float, seed: int) -> bool:
    """Whether the home's city can show ``business_date`` as asked; True for a home that has no city yet.

    Another seed or scale, a date before its first day, or more history asked for than it has, makes another city.
    """
    known = read_city(home)
    if known is None:
        return True
    if (known.seed, known.scale) != (seed, scale) or business_date < known.start:
        return False
    return days is None or business_date - timedelta(days=days - 1) >= known.start


def read_city(home: Path) -> City | None:
    """The synthetic city that ``home`` holds, None if it holds none.

    Raises:
        UsageError: the home belongs to a city that is not simulated.
    """
    if not (home / "city.json").exists():
        return None
    profile = read_profile(home, DEFAULT_CITY, {})
    if profile.kind != "simulated":
        raise UsageError(
            f"simulate a city in {home}",
            f"expected a simulated city, found {profile.name}, which is {profile.kind}",
            "choose another city (--city)",
        )
    if not profile.simulation:
        return None
    known = profile.simulation
    return City(int(known["seed"]), float(known["scale"]), date.fromisoformat(known["start"]))


def _wanted(business_date: date, days: int | None, scale: float, seed: int) -> City:
    count = DEFAULT_DAYS if days is None else days
    if not 1 <= count <= 3660:
        raise UsageError("simulate a city", f"expected 1 to 3660 days, found {count}", "correct DAYS")
    if not 0.001 <= scale <= 2:
        raise UsageError("simulate a city", f"expected a scale of 0.001 to 2, found {scale:g}", "correct SCALE")
    if seed < 0:
        raise UsageError("simulate a city", f"expected a seed of 0 or more, found {seed}", "correct SEED")
    return City(seed, scale, business_date - timedelta(days=count - 1))


def _write_profile(home: Path, city: City, shown: date) -> None:
    """Tell the home which city it holds, and the day at whose end its sources stand."""
    code = home.name if home.parent.name == "cities" else DEFAULT_CITY
    profile = read_profile(home, code, {})
    simulation = {"seed": city.seed, "scale": city.scale, "start": city.start.isoformat(), "shown": shown.isoformat()}
    atomic.write_json(home / "city.json", asdict(replace(profile, kind="simulated", simulation=simulation)))
