"""What Airflow shows of the city beside its DAGs; found by the entry point ``airflow.plugins`` of this package."""

from __future__ import annotations

from typing import Any

from airflow.sdk.plugins_manager import AirflowPlugin

from minhu.orchestration.pages import PREFIX, Pages


class MinhuPlugin(AirflowPlugin):
    """The pages of releases, as an entry of Airflow's menu."""

    name = "minhu"
    fastapi_apps: list[Any] = [{"app": Pages(), "url_prefix": PREFIX, "name": "minhu pages"}]  # noqa: RUF012
    external_views: list[Any] = [  # noqa: RUF012
        {
            "name": "民呼我行 · KPI pages",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "minhu-pages",
        }
    ]
