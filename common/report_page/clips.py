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
    "apart": [[2, 1, 3], ...],                for each clip the number of tests by runs with no window of their test
                                              clips in training or validation, then a place in "genres"
                                              and how often it was taken for that, and so on
    "seen": [[0], ...],                       the same for runs with windows of them there
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
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from common.core.words import counted
from common.report_page.clip_data import DataRuns, KeyedRecord, runs_by_data
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

    Where all of them take more than the limit, rows are left out with all of their runs, those with most numbers first.

    Args:
        runs: of all papers; those of searches tested no clips.
        counts: what `common.report_page.clip_faults.count_clips` returned for the same runs.
        limit_bytes: most characters of the text.
    """
    whole = _Whole(runs_by_data(runs), tuple(counts))
    rows = whole.rows_by_size
    packed = whole.packed(rows)
    size = len(packed.text)
    if size <= limit_bytes:
        return packed
    kept, without_rows = len(rows), len(whole.packed(()).text)
    while len(packed.text) > limit_bytes and kept:
        # As many numbers as would fit if all took the same; at least one row less than before.
        share = (limit_bytes - without_rows) / max(1, len(packed.text) - without_rows)
        numbers = list(itertools.accumulate(row.numbers for row in rows[:kept]))
        kept = min(kept - 1, sum(number <= share * numbers[-1] for number in numbers))
        packed = whole.packed(rows[:kept])
    lacking = f"{len(rows) - kept:,} of {counted(len(rows), 'row')} ({counted(len(packed.left_out), 'run')})"
    message = (
        f"Clip decisions of {lacking} are left out: all of them take {_megabytes(size)}, and the limit is "
        f"{_megabytes(limit_bytes)}. Rows with most decisions were left out first."
    )
    if len(packed.text) > limit_bytes:
        packed = whole.packed((), with_tables=False)
        message += " The counts of each clip are left out for the same reason."
    return replace(packed, message=message)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB"


@dataclass(frozen=True)
class _Row:
    """A row's runs under one setting.

    Args:
        keys: of the runs.
        numbers: how many their decisions are packed as.
    """

    keys: frozenset[str]
    numbers: int


@dataclass(frozen=True)
class _Whole:
    """All that could be packed."""

    data: tuple[DataRuns, ...]
    counts: tuple[DataClips, ...]

    @property
    def rows_by_size(self) -> list[_Row]:
        """All rows, those with the fewest numbers first."""
        keys, numbers = defaultdict(set), Counter()
        for key, record in self._runs:
            row = record.paper, record.row_experiment, record.setting.digest
            keys[row].add(key)
            numbers[row] += len(record.clips) * (1 + len(record.data.genres))
        rows = [_Row(frozenset(keys[row]), numbers[row]) for row in keys]
        return sorted(rows, key=lambda row: (row.numbers, min(row.keys)))

    @property
    def _runs(self) -> list[KeyedRecord]:
        return [run for data in self.data for run in data.runs]

    @cached_property
    def _votes(self) -> dict[str, np.ndarray]:
        """Key of each run -> votes, (genres, clips)."""
        return {key: _small(np.array([clip.votes for clip in record.clips]).T) for key, record in self._runs}

    def packed(self, rows: Iterable[_Row], *, with_tables: bool = True) -> PackedClips:
        """The decisions of some rows.

        Args:
            with_tables: whether clips are listed with their counts.
        """
        kept = frozenset().union(*(row.keys for row in rows))
        sets, columns = [], []
        for place, data in enumerate(self.data if with_tables else ()):
            for entry, numbers in self._sets(place, data, kept):
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

    def _sets(self, place: int, data: DataRuns, kept: Collection[str]) -> Iterable[tuple[dict[str, Any], bytes]]:
        """The sets of one data set: the entry in the header and the packed numbers of each."""
        of_set: dict[tuple[tuple[str, ...], tuple[int, ...]], list[KeyedRecord]] = defaultdict(list)
        for key, record in data.runs:
            if key in kept:
                of_set[record.data.genres, data.decisions[key].places].append((key, record))
        for (genres, clips), runs in of_set.items():
            decided = _small(np.array([data.decisions[key].decided for key, _ in runs]).T)
            votes = _small(np.stack([self._votes[key] for key, _ in runs], axis=-1))
            entry = {
                "data": place,
                "genres": genres,
                "clips": clips,
                "bytes": [decided.itemsize, votes.itemsize],
                "runs": [key for key, _ in runs],
                "seeds": [record.seed for _, record in runs],
                "folds": [record.fold for _, record in runs],
            }
            yield entry, decided.tobytes() + votes.tobytes()


def _small(values: np.ndarray) -> np.ndarray:
    """The same numbers in 1, 2 or 4 bytes each, the lowest byte first."""
    width = next(width for width in (1, 2, 4) if values.max() < 256**width)
    return np.ascontiguousarray(values, f"<u{width}")


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
