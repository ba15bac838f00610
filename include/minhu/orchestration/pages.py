"""The pages of a city behind Airflow's own log-in: KPI site, dossiers, Data Docs and arrival records.

Airflow does not ask who comes to an application that a plugin mounts (apache/airflow#72655), and Starlette's ``StaticFiles``
passes by what FastAPI would ask (fastapi#15295). So every route here asks Airflow itself, and files are served by a route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from minhu.settings import Settings

PREFIX = "/minhu"
#: Folders of a home whose files readers of Airflow may open.
FOLDERS = frozenset({"site", "reports", "landing"})
#: Of landing the records of arrivals alone: rows are nobody's to read here.
_RECORDS = "arrivals"
#: Pages hold no request to anywhere; a name that got past their escaping must find none either.
_HEADERS = {
    "Content-Security-Policy": "default-src 'self' data: 'unsafe-inline'; connect-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


class Pages:
    """The application, made when it is first asked for: every process of Airflow loads plugins, one of them serves."""

    def __init__(self) -> None:
        self._app: FastAPI | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._app = self._app or application()
        await self._app(scope, receive, send)


def application() -> FastAPI:
    """``/`` leads to the newest release; ``/site/…``, ``/reports/…`` and ``/landing/<source>/arrivals/…`` are files."""
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
    from airflow.api_fastapi.core_api.security import requires_access_view
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

    from minhu import settings as settings_module

    # no pages of its own about itself: those would be open to everybody
    app = FastAPI(
        dependencies=[Depends(requires_access_view(AccessView.WEBSITE))],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )

    @app.get("/")
    def newest() -> Response:
        address = newest_address(settings_module.load())
        if address is None:
            return PlainTextResponse("尚无已发布的版本 · nothing is published yet", status_code=404)
        return RedirectResponse(f"{PREFIX}/{address}")

    @app.get("/{folder}/{path:path}")
    def page(folder: str, path: str) -> Response:
        found = file_of(settings_module.load(), folder, path)
        if found is None:
            raise HTTPException(404)
        return FileResponse(found, headers=_HEADERS)

    return app


def newest_address(settings: Settings) -> str | None:
    """Where the newest release is shown, relative to the prefix: its site, else its dossier; None before there is one."""
    from minhu.errors import MinhuError
    from minhu.release import releases

    try:
        release_id = releases.current(settings).release_id
    except MinhuError:
        return None
    places = (f"{folder}/{release_id}/index.html" for folder in ("site", "reports"))
    return next((place for place in places if (settings.home / place).is_file()), None)


def file_of(settings: Settings, folder: str, path: str) -> Path | None:
    """The file that an address stands for, as an absolute path; None where there is none to be shown.

    Args:
        settings: of the city.
        folder: one of :data:`FOLDERS`.
        path: below it, as asked for: it may point anywhere.
    """
    if folder not in FOLDERS or "\0" in path:
        return None
    base = (settings.home / folder).resolve()
    wanted = (base / path).resolve()
    if not wanted.is_relative_to(base) or not wanted.is_file():
        return None
    inside = wanted.relative_to(base).parts
    if any(part.startswith(".") for part in inside):  # what is being written
        return None
    if folder == "landing" and (len(inside) != 3 or inside[1] != _RECORDS):
        return None
    return wanted
