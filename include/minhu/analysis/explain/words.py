"""Words of an explanation in Chinese and English: cohort dates, and the marks of findings."""

from __future__ import annotations

from minhu.analysis.explain.evidence import Anchor
from minhu.reports.presentation.values import Words

#: Cohort dates of the contract: which records count, and by which of their days.
ANCHORS = {
    "hotline.calls/inbound": Words("呼入通话，按首次已知时刻之日", "inbound calls, by the day of their first known moment"),
    "hotline.calls/outbound": Words("呼出通话，按首次已知时刻之日", "outbound calls, by the day of their first known moment"),
    "hotline.calls/offered": Words("已排队的呼入通话，按通话之日", "inbound calls that were offered, by the day of the call"),
    "hotline.work_orders/created": Words("全部工单，按受理日", "all orders, by the day they were created"),
    "hotline.work_orders/dispatched": Words("已派工单，按首次派单日", "dispatched orders, by the day of the first dispatch"),
    "hotline.work_orders/due": Words(
        "已到期工单（含超期未结），按有效时限之日", "orders whose deadline has passed, open ones included, by its day"
    ),
    "hotline.work_orders/limited_due": Words("限时类已到期工单，按时限之日", "time-limited orders, by the day of their deadline"),
    "hotline.work_orders/immediate_due": Words("立办类已到期工单，按立办时限之日", "immediate orders, by the day of their deadline"),
    "hotline.work_orders/paused_due": Words(
        "按规则推算时限（挂起、延期停表）已到期的工单，按该时限之日",
        "orders by the rule's deadline on a clock that pauses, by the day of that deadline",
    ),
    "hotline.work_orders/unpaused_due": Words(
        "按规则推算时限（不停表）已到期的工单，按该时限之日",
        "orders by the rule's deadline on a clock that never stops, by the day of that deadline",
    ),
    "hotline.work_orders/closed": Words("已办结工单，按办结日", "closed orders, by the day they were closed"),
    "hotline.work_orders/eligible": Words("应回访的办结工单，按办结日", "closed orders whose caller can be asked, by closing day"),
    "hotline.work_orders/callback": Words("有有效回访的工单，按回访日", "orders with a deciding call-back, by the day of the call-back"),
    "hotline.work_orders/in_force": Words(
        "已到期的工单，按期限之日；没有期限的按自报之日", "orders whose deadline has passed, by its day; where a flag decides, by its day"
    ),
    "hotline.work_orders/claim": Words("来源自报按时与否的工单，按自报之日", "orders the source flagged itself, by the day of the flag"),
    "grid.events/reported": Words("全部网格事件，按上报日", "all grid events, by the day they were reported"),
    "grid.events/verified": Words("经核查的网格事件，按上报日", "verified grid events, by the day they were reported"),
    "grid.events/due": Words("已到期网格事件，按时限之日", "grid events whose deadline has passed, by its day"),
    "grid.events/limited_due": Words("限时类已到期网格事件，按时限之日", "time-limited grid events, by the day of their deadline"),
    "grid.events/immediate_due": Words("立办类已到期网格事件，按立办时限之日", "immediate grid events, by the day of their deadline"),
    "grid.events/deferred": Words("按延期后时限已到期的网格事件，按该时限之日", "grid events by the day of their deferred deadline"),
    "grid.events/closed": Words("已结案网格事件，按结案日", "closed grid events, by the day they were closed"),
    "stations.cases/finished": Words("全部办结办件，按办结日", "all finished cases, by the day they were finished"),
    "stations.cases/agent": Words("代办办件，按办结日", "cases done by an agent, by the day they were finished"),
    "stations.cases/personal": Words("个人事项办件，按办结日", "cases of persons, by the day they were finished"),
    "stations.cases/reviewed": Words("有评价的办件，按办结日", "cases with a review, by the day they were finished"),
}  # fmt: skip


def of_anchor(anchor: Anchor) -> Words:
    """Words of a cohort date; its own code where nobody named it."""
    code = f"{anchor.table}/{anchor.anchor}"
    return ANCHORS.get(code, Words(code, code))
