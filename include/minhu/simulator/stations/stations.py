"""Service stations, their terminals and the cases they handle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city import persons
from minhu.simulator.city.geography import Geography
from minhu.simulator.city.reference import service_items
from minhu.simulator.city.streams import (
    DAY,
    HOUR,
    MINUTE,
    NEVER,
    Floats,
    Ints,
    Texts,
    between,
    missing_to_none,
    moments_of_day,
    pick,
    recording_lag,
    shown,
    stream,
    uniform_seconds,
    volume,
    when,
)

CASES_PER_DAY = 12_000
FULL_STATIONS, FULL_TERMINALS = 448 + 25, 800
#: No case lives longer than this many days after it was accepted, whatever is recorded late.
LONGEST_LIFE_DAYS = 30
_OFFICE = np.array([0] * 8 + [2, 20, 22, 16, 6, 4, 12, 16, 14, 6, 1] + [0] * 5, dtype=np.float64)
_LEVELS = ("市", "区县", "街镇", "社区", "自助")
_GRADES = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")


@dataclass(frozen=True)
class Stations:
    """Points and terminals; ``community`` indexes the communities, ``terminal_station`` the stations."""

    codes: Texts
    community: Ints
    kinds: Texts
    terminal_codes: Texts
    terminal_station: Ints


@dataclass(frozen=True)
class CaseLives:
    """Cases accepted on one day; moments in local seconds."""

    static: pd.DataFrame
    accepted: Ints
    promised: Ints
    finished: Ints
    review: Texts
    recorded: dict[str, Ints]


def stations(scale: float, geo: Geography) -> Stations:
    """The points of a city of ``scale``: at least one in each street; they do not depend on the seed."""
    count = max(len(geo.streets), round(FULL_STATIONS * scale))
    first_of_street = pd.Series(geo.street_codes).drop_duplicates().index.to_numpy()
    others = np.setdiff1d(np.arange(len(geo.community_codes)), first_of_street)
    community = np.concatenate([first_of_street, others])[:count]
    community = np.sort(community)
    number = np.arange(len(community))
    kinds = np.full(len(community), "便民服务站", dtype=object)
    kinds[number % 19 == 7] = "政务驿站"
    kinds[number % 3 == 2] = "示范点"
    kinds[number % 13 == 11] = "自助点"
    terminals = max(len(community), round(FULL_TERMINALS * scale))
    return Stations(
        codes=np.array([f"ZD{geo.community_codes[c][:6]}{n + 1:04d}" for n, c in enumerate(community)], dtype=object),
        community=community,
        kinds=kinds,
        terminal_codes=np.array([f"ZZ{n + 1:05d}" for n in range(terminals)], dtype=object),
        terminal_station=np.sort(np.arange(terminals) % len(community)),
    )


def points_frame(points: Stations, geo: Geography) -> pd.DataFrame:
    """The snapshot of all points."""
    codes = geo.community_codes[points.community]
    number = np.arange(len(codes))
    return pd.DataFrame(
        {
            "站点编码": points.codes,
            "站点名称": [f"{geo.communities[c]}{k}" for c, k in zip(codes, points.kinds, strict=True)],
            "类型": points.kinds,
            "社区代码": codes,
            "经度": geo.lon[points.community],
            "纬度": geo.lat[points.community],
            "开放时间": np.where(number % 4 == 0, "周一至周日 08:30-20:00", "周一至周五 09:00-17:00"),
            "可办事项数": 20 + number * 7 % 85,
            "启用日期": [f"{2019 + n % 3}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in number],
            "停用日期": None,
        }
    )


def terminals_frame(seed: int, day: date, points: Stations, geo: Geography) -> pd.DataFrame:
    """What each terminal did on ``day``; ``district_code`` names the sheet."""
    rng = stream(seed, day, "terminals")
    count = len(points.terminal_codes)
    planned = np.where(points.terminal_station % 4 == 0, 690, 480)
    broken = rng.random(count) < 0.04
    down = np.where(broken, rng.uniform(60, 460, count), rng.exponential(6, count)).astype(np.int64)
    community = points.community[points.terminal_station]
    return pd.DataFrame(
        {
            "district_code": geo.district_codes[community],
            "设备编号": points.terminal_codes,
            "站点编码": points.codes[points.terminal_station],
            "计划服务分钟": planned,
            "可用分钟": np.maximum(planned - down, 0),
            "办件数": rng.poisson(5, count),
        }
    )


def residents_frame(geo: Geography) -> pd.DataFrame:
    """Residents and households per grid of a community."""
    per_community = np.bincount(geo.grid_community, minlength=len(geo.community_codes))
    community = geo.grid_community
    return pd.DataFrame(
        {
            "社区代码": geo.community_codes[community],
            "网格代码": geo.grid_codes,
            "常住人口": geo.residents[community] // per_community[community],
            "户数": geo.grid_households,
            "中心经度": geo.lon[community],
            "中心纬度": geo.lat[community],
        }
    )


def case_lives(seed: int, scale: float, day: date, geo: Geography, points: Stations) -> CaseLives:
    """Generate the cases accepted on ``day``; a pure function of its arguments."""
    rng = stream(seed, day, "cases")
    count = volume(rng, CASES_PER_DAY, scale, day)
    accepted = moments_of_day(rng, day, count, _OFFICE)
    items = service_items()
    station = rng.integers(0, len(points.codes), count)
    item = rng.choice(len(items.codes), size=count, p=_item_weights(items.personal))
    level = _levels(rng, items.personal[item])
    agent = rng.random(count) < np.where(np.isin(level, ["街镇", "社区"]), 0.16, 0.05)
    at_station = np.isin(level, ["街镇", "社区", "自助"])
    person = rng.integers(0, max(50, round(3_000_000 * scale)), count)
    promised = accepted + rng.integers(1, 11, count) * DAY
    at_once = rng.random(count) < 0.7
    finished = np.where(
        at_once, accepted + uniform_seconds(rng, 4 * MINUTE, HOUR, count), between(rng, accepted, promised, 0.2, 1.03)
    )
    finished = when(rng.random(count) < 0.985, finished)
    reviewed = (finished < NEVER) & (rng.random(count) < 0.62)
    reviewed_at = when(reviewed, finished + (rng.exponential(0.25, count) * DAY).astype(np.int64) + 60)
    moments = {"accept": accepted, "finish": finished, "review": reviewed_at}
    recorded: dict[str, Ints] = {}
    for name, moment in moments.items():
        late = moment + recording_lag(rng, count, 0.02, 0.005)
        recorded[name] = when(moment < NEVER, np.maximum(late, recorded.get("accept", late)))
    recorded["review"] = when(reviewed, np.maximum(recorded["review"], np.where(reviewed, recorded["finish"], 0)))
    static = pd.DataFrame(
        {
            "办件编号": [f"BJ{day:%y%m%d}{number:06d}" for number in range(count)],
            "事项编码": items.codes[item],
            "办理层级": level,
            "是否代办": np.where(agent, "是", "否"),
            "站点编码": missing_to_none(points.codes[station], at_station),
            "申请人证件号": persons.id_numbers(person),
            "district_code": geo.district_codes[points.community[station]],
        }
    )
    return CaseLives(static, accepted, promised, finished, pick(rng, _GRADES, (61, 29, 7, 2, 1), count), recorded)


def case_frame(lives: CaseLives, as_of: int, since: int = 0) -> pd.DataFrame:
    """Cases of one day as recorded before ``as_of``, with the delivering ``district_code``.

    ``since`` leaves out those that did not change at or after it; both are local seconds.
    """
    seen = {name: moments < as_of for name, moments in lives.recorded.items()}
    last = lives.recorded["accept"]
    for name, moments in lives.recorded.items():
        last = np.where(seen[name], np.maximum(last, moments), last)
    wanted = seen["accept"] & (last >= since)
    everything = np.ones(int(wanted.sum()), dtype=np.bool_)
    return (
        lives.static[wanted]
        .assign(
            受理时间=shown(lives.accepted[wanted], everything),
            承诺办结时间=shown(lives.promised[wanted], everything),
            办结时间=shown(lives.finished[wanted], seen["finish"][wanted]),
            评价=missing_to_none(lives.review[wanted], seen["review"][wanted]),
            更新时间=shown(last[wanted], everything),
        )
        .reset_index(drop=True)
    )


def _item_weights(personal: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    weights = np.where(personal, 1.6, 1.0) / (1 + np.arange(len(personal)) % 13)
    share: Floats = weights / weights.sum()
    return share


def _levels(rng: np.random.Generator, personal: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Texts:
    """Seven in ten personal cases are handled near home, as the brief claims."""
    near = pick(rng, _LEVELS, (8, 22, 34, 22, 14), len(personal))
    far = pick(rng, _LEVELS, (30, 50, 14, 4, 2), len(personal))
    return np.where(personal, near, far)
