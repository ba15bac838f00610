"""Great Expectations' own pages (Data Docs) of the arrival suites of a release's night, below ``reports/data_docs``.

They are made when somebody asks (`minhu data-docs`), for running the suites again takes longer than a small night's checks
and everything they found stands in the dossier. Unlike it they carry the time at which they were made and fetch their
style from the network. Failing values are left out of them.
"""

from __future__ import annotations

import logging
import shutil
from datetime import datetime
from pathlib import Path

from jinja2 import Environment

from minhu import atomic
from minhu.business_dates import Window
from minhu.extract import registry
from minhu.landing.zone import Attempt, Landing
from minhu.quality import validation
from minhu.release.release_folder import Release
from minhu.settings import Settings

SITE = "arrivals"
#: How many rows fail is told, which values is not.
WITHOUT_VALUES = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
#: Sites that are kept, of the newest releases.
KEPT = 7
_INDEX = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>到达检验 · Data Docs</title>
<h1>到达检验 <small lang="en">Arrival suites as Great Expectations shows them</small></h1>
<ul>{% for name in names %}<li><a href="{{ name }}/index.html">{{ name }}</a></li>{% endfor %}</ul>
<p>仅保留最近各版；更早的可用 <code>minhu data-docs 版本号</code> 重做。
<span lang="en">Only the last releases are kept; <code>minhu data-docs RELEASE</code> makes one again.</span></p>
</html>
"""


def write(settings: Settings, release: Release) -> Path:
    """Run the arrival suites of the accepted deliveries of the release's night again and write the site; its first page.

    Sites of earlier releases beyond the last ``KEPT`` are removed. ``reports/data_docs/index.html`` lists those there are.
    """
    folder = settings.home / "reports" / "data_docs" / release.release_id
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _validate(settings, release, unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    # a release id begins with its business date
    sites = sorted((site for site in folder.parent.iterdir() if site.is_dir()), reverse=True)
    for old in sites[KEPT:]:
        shutil.rmtree(old)
    names = [site.name for site in sites[:KEPT] if not site.name.startswith(".")]
    page = Environment(autoescape=True).from_string(_INDEX).render(names=names)
    atomic.write_bytes(folder.parent / "index.html", page.encode())
    return folder / "index.html"


def _validate(settings: Settings, release: Release, folder: Path) -> None:
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(
        site_name=SITE,
        site_config={"class_name": "SiteBuilder", "store_backend": backend, "site_index_builder": index},
    )
    source = context.data_sources.add_pandas("landing")
    landing = Landing(settings.landing_dir)
    for name in registry.names():
        attempt = _accepted(landing, release, name)
        suites, parameters = validation.arrival_suites(settings, landing, attempt) if attempt else ({}, {})
        for table, (frame, expectations) in suites.items():
            batch = source.add_dataframe_asset(table).add_batch_definition_whole_dataframe("all")
            suite = context.suites.add(gx.ExpectationSuite(name=table, expectations=[e.copy() for e in expectations]))
            definition = context.validation_definitions.add(
                gx.ValidationDefinition(name=table, data=batch, suite=suite)
            )
            definition.run(
                batch_parameters={"dataframe": frame},
                expectation_parameters=parameters,
                result_format=WITHOUT_VALUES,
            )
    context.build_data_docs(site_names=[SITE])


def _accepted(landing: Landing, release: Release, source: str) -> Attempt | None:
    """The delivery of the release's night that is in use, with the window it was read for."""
    arrival = landing.arrival(source, release.business_date)
    if arrival is None or arrival.attempt is None or arrival.window_end is None:
        return None
    first = next(iter(arrival.row_counts))
    start = landing.manifest(source, first, release.business_date, arrival.attempt)["window"]["start"]
    window = Window(datetime.fromisoformat(start) if start else None, arrival.window_end)
    return Attempt(source, release.business_date, arrival.attempt, window)
