"""Which clips the runs of all papers tested: runs on the same data share one table of clips."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from common.records.record import Record
from data_pipeline.datasets.recognise import known_dataset

# A run's key, `<paper>/<data set>/<run id>`, and its record.
KeyedRecord = tuple[str, Record]


class NamedClip(NamedTuple):
    """A clip as the records name it. A clip that got another label or artist between two runs counts as another one.

    Args:
        artist: as spelled in the data; empty where unknown.
    """

    id: str
    genre: str
    artist: str


@dataclass(frozen=True)
class ClipDecisions:
    """What a run decided, in the record's order of clips.

    Args:
        places: of the clips in `DataRuns.clips`.
        decided: by mean softmax, as places in the record's genres.
    """

    places: tuple[int, ...]
    decided: tuple[int, ...]


@dataclass(frozen=True)
class DataRuns:
    """The runs that tested clips of the same data.

    Args:
        name: the well-known data set that the clips are from, or the title of the data; unique on a page.
        known: the well-known data set, or None.
        runs: key and record of each run, by key.
    """

    name: str
    known: str | None
    runs: tuple[KeyedRecord, ...]

    @cached_property
    def clips(self) -> tuple[NamedClip, ...]:
        """All clips that a run tested, by id."""
        return tuple(sorted({clip for _, record in self.runs for clip in clips_of(record)}))

    @cached_property
    def genres(self) -> tuple[str, ...]:
        """All genres of the runs, which may have had different ones, in alphabetical order."""
        return tuple(sorted({genre for _, record in self.runs for genre in record.data.genres}))

    @cached_property
    def decisions(self) -> dict[str, "ClipDecisions"]:
        """Key of each run -> what it decided."""
        place_of = {clip: place for place, clip in enumerate(self.clips)}
        found, shared = {}, {}
        for key, record in self.runs:
            places = tuple(place_of[clip] for clip in clips_of(record))
            # Runs on one split share one tuple, which is then compared in no time.
            found[key] = ClipDecisions(
                shared.setdefault(places, places), tuple(clip.by_mean_softmax for clip in record.clips)
            )
        return found

    @property
    def digests(self) -> frozenset[str]:
        """Of the data of its runs."""
        return frozenset(record.setting.data_digest for _, record in self.runs)


def clips_of(record: Record) -> list[NamedClip]:
    """The clips that a run tested, in the record's order."""
    genres = record.data.genres
    return [NamedClip(clip.id, genres[clip.label], clip.artist or "") for clip in record.clips]


def runs_by_data(runs: Iterable[KeyedRecord]) -> tuple[DataRuns, ...]:
    """Sort runs by the data that they tested, those with most tested clips over all runs first. Runs that tested no
    clips, because they belong to a search, are left out.

    Copies of a well-known data set (as audio, as arrays) are the same data, because their clips have the same names.
    Other data are the same only where their tracks are, because two folders may both hold another `song 1`.
    """
    found: dict[tuple[str, str], dict[str, Record]] = defaultdict(dict)
    known_names = {}
    for key, record in runs:
        if record.test_withheld:
            continue
        known = known_dataset(record.setting.dataset, record.data.genres, (clip.id for clip in record.clips))
        data = (known, "") if known else (record.data.title, record.setting.data_digest)
        known_names[data] = known
        found[data][key] = record
    titles = Counter(title for title, _ in found)
    data = [
        DataRuns(
            name=title if titles[title] == 1 or not digest else f"{title} (data {digest[:8]})",
            known=known_names[title, digest],
            runs=tuple(sorted(of_data.items())),
        )
        for (title, digest), of_data in found.items()
    ]
    return tuple(sorted(data, key=lambda one: (-sum(len(record.clips) for _, record in one.runs), one.name)))
