"""Great Expectations' own pages (Data Docs) of the arrival suites of a release's night, for ``minhu dossier --data-docs``.

No night makes them: loading Great Expectations and running the suites again takes many seconds, the pages carry the
time at which they were made, and they fetch their style from the network. Failing values are left out of them.
"""

from __future__ import annotations

import logging
import shutil
from datetime import datetime
from pathlib import Path

from minhu import quality
from minhu.contracts import SOURCES
from minhu.landing import Attempt, Landing
from minhu.release_folder import Release
from minhu.settings import Settings
from minhu.windows import Window

SITE = "arrivals"
#: How many rows fail is told, which values is not.
WITHOUT_VALUES = {"result_format": "SUMMARY", "partial_unexpected_count": 0}


def write(settings: Settings, release: Release, folder: Path) -> Path:
    """Run the arrival suites of the accepted deliveries of the release's night again and write the site; its first page."""
    import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
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
    for name in SOURCES:
        attempt = _accepted(landing, release, name)
        suites, parameters = quality.arrival_suites(settings, landing, attempt) if attempt else ({}, {})
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
    return folder / "index.html"


def _accepted(landing: Landing, release: Release, source: str) -> Attempt | None:
    """The delivery of the release's night that is in use, with the window it was read for."""
    arrival = landing.arrival(source, release.business_date)
    if arrival is None or arrival.attempt is None or arrival.window_end is None:
        return None
    first = next(iter(arrival.row_counts))
    start = landing.manifest(source, first, release.business_date, arrival.attempt)["window"]["start"]
    window = Window(datetime.fromisoformat(start) if start else None, arrival.window_end)
    return Attempt(source, release.business_date, arrival.attempt, window)
