"""The clip decisions of all runs, packed into a text that the page holds and its script unpacks.

The text is base64 of gzip of bytes (modification time 0, level 9). Another build of zlib may compress the same bytes
into others, so `PackedClips.sha256` is of the bytes themselves. They are, one after the other:

* four bytes: the length of the header in bytes, an unsigned integer, as all integers here with the lowest byte first;
* the header, JSON in ASCII:

```
{"format": 1,
 "data": [{                                   each data set, that with most tests first
    "name": "GTZAN",
    "genres": ["blues", ...],                 of all its runs, in alphabetical order
    "ids": [...], "labels": [...],            of each clip; labels are places in "genres"
    "artists": [...], "artist": [...],        names, and for each clip a place in them, or -1
    "apart": [[2, 1, 3], ...],                for each clip the number of tests by runs that trained on no window of it,
                                              then a place in "genres" and how often it was taken for that, and so on
    "seen": [[0], ...],                       the same for runs that trained on other windows of their test clips
    "runs": [[1, 1, 1], ...],                 number of rows, seeds and splits in "apart"
    "same": {"12": [["blues.00007", "blues", true], ...]},   by the clip's place: id, genre ("" where unknown) and
                                              same bytes of other clips of the same recording
    "known": {"12": ["..."]},                 by the clip's place: documented faults
    "reasons": {"12": ["..."]}}],             by the clip's place: why its label may be wrong
 "sets": [{                                   each list of clips that a run tested
    "data": 0, "genres": ["blues", ...],      place of its data, and the genres that its runs decided between
    "clips": [0, 3, 5],                       places in "ids"
    "bytes": [1, 1],                          of one decided genre, and of one number of votes: 1, 2 or 4
    "runs": ["se_cnn/arrays/08b5fff8fc85468e"], "seeds": [0], "folds": [0]}],
 "left_out": ["..."]}                         keys of the runs whose decisions are not here
```

* for each set, in the header's order: the genre decided by mean softmax, as a place in the set's genres, of each clip
  and within that of each run; then the votes of each genre, within that of each clip, within that of each run.

The genre decided by majority voting follows from the votes: the first one with most.
"""

import base64
import gzip
import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from common.core.words import counted
from common.records.record import Record
from common.report_page.clip_data import DataRuns, KeyedRecord, clips_of, runs_by_data
from common.report_page.clip_faults import DataClips, Decisions

FORMAT = 1
_LEVEL = 9


@dataclass(frozen=True)
class PackedClips:
    """Clip decisions as text.

    Args:
        text: base64, see the module.
        sha256: of the packed bytes, before they were compressed.
        runs, decisions: number of runs whose decisions it holds, and of these decisions.
        left_out: keys of the runs whose decisions it does not hold, because they would take too much.
        message: how many these are and why, as sentences; empty where it holds all.
    """

    text: str
    sha256: str
    runs: int
    decisions: int
    left_out: tuple[str, ...]
    message: str


def pack_clips(runs: Iterable[KeyedRecord], counts: Sequence[DataClips], *, limit_bytes: int) -> PackedClips:
    """Pack the clip decisions of runs.

    Where all of them take more than the limit, rows are left out with all of their runs, those with most numbers first,
    so that as many rows as possible remain.

    Args:
        runs: of all papers; those of searches tested no clips.
        counts: what `common.report_page.clip_faults.count_clips` returned for the same runs.
        limit_bytes: most characters of the text.
    """
    whole = _Whole(runs_by_data(runs), tuple(counts))
    keys = whole.rows_by_size
    packed = whole.packed(range(len(keys)))
    size = len(packed.text)
    if size <= limit_bytes:
        return packed
    fitting, too_many = 0, len(keys)
    # Largest number of rows, the smallest first, that fit.
    while too_many - fitting > 1:
        middle = (fitting + too_many) // 2
        if len(whole.packed(range(middle)).text) <= limit_bytes:
            fitting = middle
        else:
            too_many = middle
    packed = whole.packed(range(fitting))
    lacking = f"{len(keys) - fitting:,} of {counted(len(keys), 'row')} ({counted(len(packed.left_out), 'run')})"
    message = (
        f"Clip decisions of {lacking} are left out: all of them take {_megabytes(size)}, and the limit is "
        f"{_megabytes(limit_bytes)}. Rows with most decisions were left out first."
    )
    if len(packed.text) > limit_bytes:
        packed = whole.packed((), with_tables=False)
        message += " The counts of each clip are left out for the same reason."
    return PackedClips(packed.text, packed.sha256, packed.runs, packed.decisions, packed.left_out, message)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB"


@dataclass(frozen=True)
class _Whole:
    """All that could be packed."""

    data: tuple[DataRuns, ...]
    counts: tuple[DataClips, ...]

    @cached_property
    def rows_by_size(self) -> list[frozenset[str]]:
        """Keys of the runs of each row under one setting, rows with the fewest numbers first."""
        keys, sizes = defaultdict(set), Counter()
        for key, record in self._runs:
            row = record.paper, record.row_experiment, record.setting.digest
            keys[row].add(key)
            sizes[row] += len(record.clips) * (1 + len(record.data.genres))
        return [frozenset(keys[row]) for row in sorted(keys, key=lambda row: (sizes[row], min(keys[row])))]

    @property
    def _runs(self) -> list[KeyedRecord]:
        return [run for data in self.data for run in data.runs]

    def packed(self, rows: Collection[int], *, with_tables: bool = True) -> PackedClips:
        """The decisions of some rows.

        Args:
            rows: places in `rows_by_size`.
            with_tables: whether clips are listed with their counts.
        """
        kept = frozenset().union(*(self.rows_by_size[row] for row in rows))
        sets, columns = [], []
        for place, data in enumerate(self.data if with_tables else ()):
            for entry, numbers in _sets(place, data, kept):
                sets.append(entry)
                columns.append(numbers)
        left_out = tuple(sorted(key for key, _ in self._runs if key not in kept))
        header = {
            "format": FORMAT,
            "data": [_table(*both) for both in zip(self.data, self.counts, strict=True)] if with_tables else [],
            "sets": sets,
            "left_out": left_out,
        }
        text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode("ascii")
        content = b"".join([len(text).to_bytes(4, "little"), text, *columns])
        decisions = sum(len(one["clips"]) * len(one["runs"]) for one in sets)
        return PackedClips(
            base64.b64encode(_compressed(content)).decode("ascii"),
            hashlib.sha256(content).hexdigest(),
            len(kept),
            decisions,
            left_out,
            "",
        )


def _compressed(content: bytes) -> bytes:
    file = io.BytesIO()
    # gzip.compress writes another header with each version of Python.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0) as stream:
        stream.write(content)
    return file.getvalue()


def _table(data: DataRuns, counts: DataClips) -> dict[str, Any]:
    """The clips of one data set with their counts, for the header."""
    genre = {name: place for place, name in enumerate(data.genres)}
    artists = sorted({clip.artist for clip in data.clips if clip.artist})
    artist = {name: place for place, name in enumerate(artists)}

    def decided(one: Decisions) -> list[int]:
        return [one.tested, *(number for name, count in one.taken for number in (genre[name], count))]

    return {
        "name": data.name,
        "genres": data.genres,
        "ids": [clip.id for clip in data.clips],
        "labels": [genre[clip.genre] for clip in data.clips],
        "artists": artists,
        "artist": [artist.get(clip.artist, -1) for clip in data.clips],
        "apart": [decided(clip.apart) for clip in counts.clips],
        "seen": [decided(clip.seen) for clip in counts.clips],
        "runs": [[clip.rows, clip.seeds, clip.splits] for clip in counts.clips],
        "same": {
            place: [[other.id, other.genre, other.exact] for other in clip.same_recording]
            for place, clip in enumerate(counts.clips)
            if clip.same_recording
        },
        "known": {place: clip.known for place, clip in enumerate(counts.clips) if clip.known},
        "reasons": {place: clip.reasons for place, clip in enumerate(counts.clips) if clip.reasons},
    }


def _sets(place: int, data: DataRuns, kept: Collection[str]) -> Iterable[tuple[dict[str, Any], bytes]]:
    """The sets of one data set: the entry in the header and the packed numbers of each."""
    place_of = {clip: number for number, clip in enumerate(data.clips)}
    of_set: dict[tuple[tuple[str, ...], tuple[int, ...]], list[KeyedRecord]] = defaultdict(list)
    for key, record in data.runs:
        if key in kept:
            clips = tuple(place_of[clip] for clip in clips_of(record))
            of_set[record.data.genres, clips].append((key, record))
    for (genres, clips), runs in of_set.items():
        records = [record for _, record in runs]
        decided = np.array([[clip.by_mean_softmax for clip in record.clips] for record in records]).T
        votes = np.array([[clip.votes for clip in record.clips] for record in records]).transpose(2, 1, 0)
        widths = [_width(len(genres) - 1), _width(int(votes.max()))]
        numbers = b"".join(_bytes(values, width) for values, width in zip((decided, votes), widths, strict=True))
        yield (
            {
                "data": place,
                "genres": genres,
                "clips": clips,
                "bytes": widths,
                "runs": [key for key, _ in runs],
                **_numbers_of(records),
            },
            numbers,
        )


def _numbers_of(records: Sequence[Record]) -> dict[str, list[int]]:
    return {"seeds": [record.seed for record in records], "folds": [record.fold for record in records]}


def _width(largest: int) -> int:
    """Bytes of an unsigned integer that holds a number."""
    return next(width for width in (1, 2, 4) if largest < 256**width)


def _bytes(values: np.ndarray, width: int) -> bytes:
    return np.ascontiguousarray(values).astype(f"<u{width}").tobytes()
