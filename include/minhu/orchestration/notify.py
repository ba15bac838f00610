"""Telling people outside Airflow what readers of the figures will notice: mail, robots of WeCom, DingTalk, Feishu, any webhook.

Where to is the Airflow connection ``minhu_notify``: its password holds addresses as the library Apprise has them, separated
by blanks, such as ``wecombot://KEY``, ``dingtalk://SECRET@TOKEN``, ``feishu://TOKEN``, ``mailtos://…``, ``jsons://host/path``.
Addresses hold tokens and are named in no message.
"""

from __future__ import annotations

import logging

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

CONNECTION = "minhu_notify"
_log = logging.getLogger(__name__)


def people(title: str, text: str) -> int:
    """Send a message to every address of the connection; returns how many took it.

    An address that does not take it is told in the log and stops nothing: the night is worth more than the news of it.
    """
    try:
        addresses = (Connection.get(CONNECTION).password or "").split()
    except AirflowNotFoundException:
        return 0
    import apprise

    for quotes_addresses in ("apprise", "urllib3"):
        logging.getLogger(quotes_addresses).setLevel(logging.CRITICAL)
    taken = 0
    for number, address in enumerate(addresses, 1):
        robot = apprise.Apprise.instantiate(address)
        if robot is None:
            _log.error(
                "address %d of %d in the connection %s: expected one of the forms of Apprise such as wecombot://…, found "
                "another (not shown, it may hold a token) - see docs/runbook/airflow-on-a-server.md",
                number, len(addresses), CONNECTION,
            )  # fmt: skip
        elif robot.notify(body=text, title=title):
            taken += 1
        else:
            _log.error(
                "%s: address %d of %d (%s) did not take the message",
                CONNECTION,
                number,
                len(addresses),
                robot.service_name,
            )
    return taken
