"""Opens the data set of a command: which clips exist, which genres are used, what is missing."""

from collections import Counter
from dataclasses import dataclass, replace

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.core.words import counted
from common.paper.paper import Paper
from common.runs.options import Options
from common.runs.selection import choose_genres
from data_pipeline.datasets import registry
from data_pipeline.datasets.artists import NO_ARTIST_IN_TAGS
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.datasets.usable import require_usable
from data_pipeline.features import Feature


@dataclass(frozen=True)
class OpenedData:
    """The data set of a command.

    Args:
        catalog: the tracks that are left after choosing genres and scale.
        given: feature of the arrays that the data set consists of; None where there is audio.
        genres: genres that were asked for; empty for the paper's own choice.
        clips_of_genres: genre -> tracks that were found, of all genres of the data set, before any were left out.
    """

    catalog: Catalog
    given: Feature | None
    genres: tuple[str, ...]
    clips_of_genres: dict[str, int]


def open_data(paper: Paper, options: Options) -> OpenedData:
    """Open the data set, keep the genres that are wanted, and report what is missing.

    Raises:
        EncoreError: options or data cannot be used.
    """
    left_bytes = options.memory_limit.left_bytes()
    if left_bytes is not None and left_bytes < 0:
        options.memory_limit.require("loading the program", remedy="Raise the limit.")
    request = replace(options.data_request, memory_left_bytes=left_bytes)
    catalog, given = registry.load(request)
    _require_artists(catalog, options)
    found = Counter(track.label for track in catalog.tracks)
    clips_of_genres = {genre: found[genre] for genre in catalog.genres}
    own = choose_genres(paper, catalog.genres, ())
    wanted = choose_genres(paper, catalog.genres, options.genres)
    if set(wanted) != set(catalog.genres):
        catalog = catalog.only(wanted, left_out_by="" if options.genres else paper.key)
    _report(catalog, options)
    catalog.require_two_genres()
    genres = () if set(wanted) == set(own) else catalog.genres
    if options.effective_scale == "smoke":
        catalog = catalog.first_of_each_genre(paper.smoke_tracks_per_genre)
    return OpenedData(catalog, given, genres, clips_of_genres)


def _require_artists(catalog: Catalog, options: Options) -> None:
    """Say where else the artists of an own folder can be taken from; a split of other data says that there are none."""
    from_tags = options.dataset == "folder" and options.labels is None and options.artist_level is None
    if options.split == "artist" and from_tags and not any(track.artist for track in catalog.tracks):
        raise SpecError(f"--split artist: {NO_ARTIST_IN_TAGS}. Or use another --split.")


def _report(catalog: Catalog, options: Options) -> None:
    """Warn of unusable, unknown and missing files; refuse an incomplete data set unless it is allowed."""
    for bad in catalog.known_bad:
        warn(f"{bad.id} is known to be unusable and skipped ({bad.reason})")
    require_usable(catalog, skip_bad=options.skip_bad)
    if catalog.extra:
        shown = ", ".join(catalog.extra[:5]) + (", ..." if len(catalog.extra) > 5 else "")
        warn(f"{catalog.title}: ignored, because no clips of it: {counted(len(catalog.extra), 'file')}: {shown}")
    if not catalog.missing:
        return
    found = (
        f"{catalog.title}: {len(catalog.tracks)} of {catalog.expected} clips found, {len(catalog.missing)} are missing"
    )
    first = f"first missing: {', '.join(catalog.missing[:3])}"
    if options.allow_incomplete:
        warn(f"{found} ({first}); continuing with those found, and every table is marked incomplete")
        return
    raise DataError(
        f"{found} ({first}). To run anyway, give --allow-incomplete (tables are then marked incomplete; add --scale "
        f"smoke for a quick look), or use the generated corpus with --dataset demo."
    )
