"""Data sets of the package mirdata, by its own names: `--dataset mirdata:NAME`.

mirdata lists the tracks of a data set, and reads their genre and artist. Where to get it, licence, citation: mirdata's
own page on each data set. Nothing is downloaded here.

A track needs one genre. One with several cannot be used: any choice among them would be ours and not that of the data
set's authors. Tracks without a genre are left out.

Where all ids are those of GTZAN's clips, as in `gtzan_genre`, the clips get GTZAN's genres, artists and splits.
"""

import importlib.metadata
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.core.console import progress, warn
from common.core.errors import DataError, ExtraError, SpecError
from common.core.extras import require_extra
from common.core.nearest import did_you_mean, nearest_names
from common.core.words import counted
from data_pipeline.datasets import gtzan
from data_pipeline.datasets.about import MIRDATA_KEY, MIRDATA_WITH_GENRES
from data_pipeline.datasets.artists import known_artist
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track

_GENRES = ("genre", "genres")
_ARTISTS = ("artist", "artists", "artist_name", "artist_id")
# What mirdata's readers of tables and of one file for each track raise where a file is missing or is not what it was.
_UNREADABLE = (OSError, AttributeError, LookupError, TypeError, ValueError)


def load(name: str, data: Path | None) -> Catalog:
    """The tracks of one of mirdata's data sets that have a genre.

    Args:
        name: mirdata's name of the data set.
        data: mirdata's `data_home` for it; None for mirdata's own choice, `~/mir_datasets/NAME`.

    Raises:
        ExtraError: mirdata, or what it needs for this data set, is not installed.
        SpecError: mirdata has no such data set, or its tracks have no genre or no audio.
        DataError: files of the data set are not there, or cannot be read.
    """
    require_extra("mirdata", needed_by=f"--dataset mirdata:{name}")
    import mirdata

    names = mirdata.list_datasets()
    if name not in names:
        near = did_you_mean(nearest_names(name, names))
        raise SpecError(
            f"--dataset mirdata:{name}: mirdata has no such data set{near or '.'} With a genre: "
            f"{', '.join(MIRDATA_WITH_GENRES)}. All: {_python('import mirdata; print(mirdata.list_datasets())')}."
        )
    home = None if data is None else str(Path(data).expanduser().absolute())
    try:
        dataset = mirdata.initialize(name, data_home=home)
    except ImportError as error:
        raise ExtraError(
            f"--dataset mirdata:{name}: mirdata needs more for it ({error}). Install it: {sys.executable} -m pip "
            f'install "mirdata[{name}]".'
        ) from error
    folder = Path(dataset.data_home)
    get = "Get it: " + _python(f"import mirdata; mirdata.initialize({name!r}, data_home={str(folder)!r}).download()")
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"--data {folder}: {kind}; expected the files of mirdata's {name}. {get}.")
    with _readable(name, "the list of its tracks", get):
        ids = dataset.track_ids
    return _catalog(name, dataset, ids, get)


def _catalog(name: str, dataset: Any, ids: list[str], get: str) -> Catalog:
    tracks: list[Track] = []
    bad: list[BadTrack] = []
    missing: list[str] = []
    genre_of: dict[str, str] = {}
    without_genre = 0
    with progress(f"reading mirdata's {name}", len(ids), unit="tracks") as advance:
        for clip in sorted(ids):
            with _readable(name, f"track {clip}", get):
                track = dataset.track(clip)
                path = _audio_path(name, track)
                genres = _texts(_attribute(name, track, _GENRES, required="genre"))
                artist = ", ".join(filter(None, map(known_artist, _texts(_attribute(name, track, _ARTISTS)))))
            advance(1)
            if not genres:
                without_genre += 1
            elif len(genres) > 1:
                listed = ", ".join(genres)
                bad.append(BadTrack(id=clip, path=path, reason=f"{clip} has {len(genres)} genres ({listed})"))
            else:
                genre_of[clip] = genres[0]
                if path.is_file():
                    tracks.append(Track(id=clip, label=genres[0], path=path, artist=artist or None))
                else:
                    missing.append(clip)
    if not tracks:
        several = f", and {counted(len(bad), 'track')} with several genres, e.g. {bad[0].reason}" if bad else ""
        raise DataError(
            f"--data {dataset.data_home}: no usable track of mirdata's {name}: {counted(len(missing), 'file')} of "
            f"{counted(len(genre_of), 'track')} with one genre missing{several}. {get}."
        )
    if missing:
        warn(f"mirdata's {name}: {counted(len(missing), 'file')} missing, e.g. of {missing[0]}. {get}")
    are = "is" if without_genre == 1 else "are"
    left_out = f"; {counted(without_genre, 'track')} without a genre {are} not used" if without_genre else ""
    catalog = Catalog(
        dataset=f"{MIRDATA_KEY}{name}",
        title=f"{name} (mirdata)",
        genres=tuple(sorted({*genre_of.values()})),
        tracks=tuple(tracks),
        expected=len(genre_of),
        missing=tuple(missing),
        bad=tuple(bad),
        bad_advice="Choose a data set whose tracks have one genre each",
        genre_of=genre_of,
        caption=f"listed by mirdata {importlib.metadata.version('mirdata')} in version {dataset.version}{left_out}",
    )
    return _as_gtzan(catalog) if set(genre_of) <= set(gtzan.facts()) else catalog


def _as_gtzan(catalog: Catalog) -> Catalog:
    """The same clips with GTZAN's names of genres (mirdata says hip-hop), artists and splits."""
    return catalog.replace(
        genres=gtzan.GENRES,
        tracks=tuple(gtzan.track(track.id, track.path) for track in catalog.tracks),
        splits={"fault_filtered": gtzan.fault_filtered_split(), "course": gtzan.course_split()},
        genre_of={clip: clip.split(".")[0] for clip in catalog.genre_of},
        clip_accuracy_ceiling_percent=gtzan.CLIP_ACCURACY_CEILING_PERCENT,
        most_seconds=gtzan.MOST_SECONDS,
    )


def _audio_path(name: str, track: Any) -> Path:
    if "audio_path" not in dir(track) or track.audio_path is None:
        raise SpecError(f"--dataset mirdata:{name}: its tracks have no audio. {_with_genres()}")
    return Path(track.audio_path)


def _attribute(name: str, track: Any, attributes: tuple[str, ...], *, required: str = "") -> Any:
    """The first of some attributes that tracks of this data set have; None where they have none of them."""
    known = next((attribute for attribute in attributes if attribute in dir(track)), None)
    if known is None and required:
        raise SpecError(f"--dataset mirdata:{name}: its tracks have no {required}. {_with_genres()}")
    return None if known is None else getattr(track, known)


def _texts(value: Any) -> list[str]:
    """What an attribute holds, each once: data sets give a text, a list, or genres and their subgenres."""
    if isinstance(value, dict):
        value = value["genres"]
    values = value if isinstance(value, (list, tuple)) else [value]
    return list(dict.fromkeys(text for one in values if one is not None and (text := str(one).strip())))


def _with_genres() -> str:
    return f"Of mirdata's data sets, these have a genre and audio: {', '.join(MIRDATA_WITH_GENRES)}."


@contextmanager
def _readable(name: str, what: str, get: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise DataError(f"--dataset mirdata:{name}: mirdata cannot read {what} ({reason}). {get}.") from error


def _python(code: str) -> str:
    """A command that runs a line of Python, in a form that shells and people can read."""
    is_plain = not set(code) & set('"$`!\\')
    return f'{shlex.quote(sys.executable)} -c "{code}"' if is_plain else shlex.join([sys.executable, "-c", code])
