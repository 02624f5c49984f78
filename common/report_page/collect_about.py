"""Data, licences, citation, versions and machines of the results on the page."""

from collections import Counter
from collections.abc import Sequence

from common.core.words import counted
from common.records.machines import machine_summary
from common.records.record import Record
from common.records.source import encore_version
from common.report_page.names import all_shown, shown
from common.report_page.payload import About
from common.report_page.read import PaperResults
from data_pipeline.datasets.about import ABOUT, page_of

_HOURS = 3600.0


def about_view(every: Sequence[PaperResults]) -> About:
    """What the results of papers come from."""
    records = [record for results in every for record in results.records.values()]
    known = _data_sets(every)
    data = [
        (
            about.title,
            " ".join(
                [
                    f"{about.summary}.",
                    f"Cite: {about.citation}." if about.citation else "",
                    *(f"Known fault: {fault.text} ({fault.source})." for fault in about.faults),
                ]
            ),
        )
        for about in known
    ]
    licences = [
        ("Encore", "MIT"),
        *((about.title, about.licence) for about in known),
        ("This page", "numbers and names of clips only; it holds no audio"),
    ]
    return About(
        data=_shown(data),
        licences=_shown(licences),
        citation=all_shown(
            [
                f"Encore, version {encore_version()}: re-runs music-genre-classification papers and prints their "
                "tables next to its own measurements.",
                *(results.paper.citation for results in every),
                *(about.citation for about in known if about.citation),
            ]
        ),
        versions=_shown(_counted_runs([_versions(record) for record in records])),
        machines=_shown(_machines(records)),
    )


def _data_sets(every: Sequence[PaperResults]) -> list:
    """What is known of the data sets that tables are of, each once: arrays also as what their clips are."""
    names: dict[str, None] = {}
    for results in every:
        for one in results.tables:
            values = one.stored.values
            if one.stored.setting:
                known = next((about.key for about in ABOUT.values() if about.title == values.get("known_data")), None)
                names |= dict.fromkeys(filter(None, (known, values["dataset"])))
    found = {about.key: about for name in names if (about := page_of(name)) is not None}
    return list(found.values())


def _versions(record: Record) -> str:
    versions = [f"{name} {version}" for name, version in record.versions.items() if version != "not installed"]
    encore = f"Encore {record.encore_version}" if record.encore_version else "Encore: version not recorded"
    return ", ".join([encore, *versions])


def _counted_runs(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Each text once, the most frequent first, with its number of runs."""
    counts = Counter(texts)
    return [(text, counted(counts[text], "run")) for text in sorted(counts, key=lambda text: (-counts[text], text))]


def _machines(records: Sequence[Record]) -> list[tuple[str, str]]:
    found = []
    names = [machine_summary(record.machine, record.versions) for record in records]
    for text, runs in _counted_runs(names):
        seconds = sum(record.wall_seconds for record, name in zip(records, names, strict=True) if name == text)
        peak = max(record.peak_resident_bytes for record, name in zip(records, names, strict=True) if name == text)
        found.append((text, f"{runs}, {seconds / _HOURS:.1f} h in all, at most {peak / 2**30:.1f} GiB of memory"))
    return found


def _shown(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((shown(name), shown(text)) for name, text in pairs)
