"""How often each clip was classified wrongly, and what speaks for a fault in its label.

Decisions are by mean softmax. Runs that had other windows of their test clips in training or validation are counted
apart from the others.
Runs at smoke scale are too short for their errors to say anything about a clip, and are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from common.core.words import counted
from common.records.record import Record
from common.report_page.clip_data import DataRuns, KeyedRecord, NamedClip, runs_by_data
from data_pipeline.datasets import gtzan

# From so many tests on, a clip counts as tested often.
LEAST_TESTS = 10
# A clip's label may be wrong where at least this share of its tests takes it for one same other genre.
LEAST_SHARE = 0.9
# Clips that are listed without JavaScript, beside the candidates of label faults.
MOST_SHOWN = 30
RULE = (
    f"A clip is a candidate of a label fault where runs with no window of their test clips in training or validation "
    f"tested it {LEAST_TESTS} times or more and at least {100 * LEAST_SHARE:.0f} % of these tests took it for one same "
    "other genre, or where the same recording is in the data under another genre. A candidate is a clip to listen to, "
    "not a proof: a genre may just be hard to hear, and the tests of a clip are not independent, because runs on one "
    "split trained on the same clips."
)


@dataclass(frozen=True)
class SameRecording:
    """Another clip of the same recording.

    Args:
        id, genre: of the other clip; the genre is empty where no run tested it.
        exact: whether the files have the same bytes.
    """

    id: str
    genre: str
    exact: bool


@dataclass(frozen=True)
class Decisions:
    """How some runs decided one clip.

    Args:
        tested: number of tests.
        taken: wrongly decided genre -> number of tests, the most frequent first.
    """

    tested: int
    taken: tuple[tuple[str, int], ...]

    @property
    def wrong(self) -> int:
        """Number of tests that decided another genre than the clip's label."""
        return sum(count for _, count in self.taken)

    @property
    def always_wrong(self) -> bool:
        """Whether every test was wrong, of `LEAST_TESTS` or more."""
        return LEAST_TESTS <= self.tested == self.wrong

    @property
    def same_genre(self) -> tuple[str, int] | None:
        """The other genre that `LEAST_SHARE` of the tests took it for, and their number; None where there is none, or
        where there were fewer than `LEAST_TESTS` tests."""
        if self.tested < LEAST_TESTS or not self.taken or self.taken[0][1] < LEAST_SHARE * self.tested:
            return None
        return self.taken[0]


@dataclass(frozen=True)
class ClipCount:
    """One clip.

    Args:
        artist: empty where unknown.
        apart: decisions of the runs that had no window of their test clips in training or validation.
        seen: decisions of the runs that had other windows of their test clips there.
        rows, seeds, splits: number of different rows, seeds and splits among the runs of `apart`.
        same_recording: other clips of the same recording.
        known: faults of the clip that are documented elsewhere, as phrases.
    """

    id: str
    genre: str
    artist: str
    apart: Decisions
    seen: Decisions
    rows: int
    seeds: int
    splits: int
    same_recording: tuple[SameRecording, ...] = ()
    known: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why its label may be wrong, as phrases; empty where nothing speaks for that."""
        found = []
        if taken := self.apart.same_genre:
            found.append(f"taken for {taken[0]} in {taken[1]:,} of {counted(self.apart.tested, 'test')}")
        found += [
            f"the same recording is in the data as {other.genre} ({other.id})"
            for other in self.same_recording
            if other.genre not in ("", self.genre)
        ]
        return tuple(found)


@dataclass(frozen=True)
class DataClips:
    """The clips of one data set.

    Args:
        name: see `common.report_page.clip_data.DataRuns`.
        clips: all that were tested, in the order of `DataRuns.clips`.
        summary: what the numbers say, as sentences.
    """

    name: str
    clips: tuple[ClipCount, ...]
    summary: tuple[str, ...]
    rule: str = RULE

    @cached_property
    def shown(self) -> tuple[ClipCount, ...]:
        """The candidates of label faults and the clips that were most often wrong: those tested often first, then by
        share of wrong tests."""
        ranked = sorted(self.clips, key=_most_often_wrong)
        wrong = [clip for clip in ranked if clip.apart.wrong or clip.seen.wrong]
        chosen = {id(clip) for clip in wrong[:MOST_SHOWN]} | {id(clip) for clip in self.candidates}
        return tuple(clip for clip in ranked if id(clip) in chosen)

    @cached_property
    def candidates(self) -> tuple[ClipCount, ...]:
        """The clips whose label may be wrong, the most often wrong first."""
        return tuple(sorted((clip for clip in self.clips if clip.reasons), key=_most_often_wrong))


def _most_often_wrong(clip: ClipCount) -> tuple:
    apart = clip.apart
    share = apart.wrong / apart.tested if apart.tested else 0.0
    return apart.tested < LEAST_TESTS, -share, -apart.tested, -clip.seen.wrong, clip.id, clip.genre


def count_clips(
    runs: Iterable[KeyedRecord], pairs: Mapping[str, Sequence[tuple[str, str, bool]]]
) -> tuple[DataClips, ...]:
    """Count how often each tested clip was wrong, for each data set of the runs, by name.

    Args:
        runs: of all papers; runs of searches test no clips, and count nowhere.
        pairs: digest of data (`Setting.data_digest`) -> clips of the same recording that an audit of these data found:
            the ids of both, and whether their files have the same bytes.
    """
    return tuple(_counted(data, pairs) for data in runs_by_data(runs))


def _counted(data: DataRuns, pairs: Mapping[str, Sequence[tuple[str, str, bool]]]) -> DataClips:
    runs = [run for run in data.runs if run[1].setting.scale != "smoke"]
    apart = [run for run in runs if not is_seen(run[1])]
    seen = [run for run in runs if is_seen(run[1])]
    of_apart, of_seen = _decisions(data, apart), _decisions(data, seen)
    tested_by = _tested_by(data, apart)
    recordings = _same_recordings(data, pairs)
    facts = gtzan.facts() if data.known == "GTZAN" else {}
    clips = tuple(
        ClipCount(
            id=clip.id,
            genre=clip.genre,
            artist=clip.artist,
            apart=of_apart[place],
            seen=of_seen[place],
            rows=tested_by[place][0],
            seeds=tested_by[place][1],
            splits=tested_by[place][2],
            same_recording=recordings.get(clip.id, ()),
            known=_known_faults(clip.id, facts),
        )
        for place, clip in enumerate(data.clips)
    )
    sentences = [*_summary_apart(data, apart, of_apart), *_summary_seen(seen, of_seen)]
    if left_out := len(data.runs) - len(runs):
        sentences.append(f"{counted(left_out, 'run')} at smoke scale left out: they are too short to judge a clip by.")
    return DataClips(data.name, clips, tuple(sentences))


def _decisions(data: DataRuns, runs: Sequence[KeyedRecord]) -> list[Decisions]:
    """The decisions of some runs on each clip of their data."""
    genre_of = {name: place for place, name in enumerate(data.genres)}
    counts = np.zeros((len(data.clips), len(data.genres)), np.int64)
    for key, record in runs:
        found = data.decisions[key]
        genres = np.array([genre_of[name] for name in record.data.genres])
        # A run tests each clip once.
        counts[found.places, genres[list(found.decided)]] += 1
    return [_decisions_on(clip, data.genres, row) for clip, row in zip(data.clips, counts.tolist(), strict=True)]


def _decisions_on(clip: NamedClip, genres: Sequence[str], counts: Sequence[int]) -> Decisions:
    wrong = [(name, count) for name, count in zip(genres, counts, strict=True) if count and name != clip.genre]
    return Decisions(sum(counts), tuple(sorted(wrong, key=lambda one: (-one[1], one[0]))))


def _tested_by(data: DataRuns, runs: Sequence[KeyedRecord]) -> list[tuple[int, int, int]]:
    """Number of different rows, seeds and splits among the runs that tested each clip."""
    # Runs on one split test the same clips, so there are few lists of clips.
    of_list: dict[tuple[int, ...], list[Record]] = defaultdict(list)
    for key, record in runs:
        of_list[data.decisions[key].places].append(record)
    found = [(set(), set(), set()) for _ in data.clips]
    for places, records in of_list.items():
        rows = {(record.paper, record.row_experiment) for record in records}
        seeds = {record.seed for record in records}
        splits = {record.split_digest for record in records}
        for place in places:
            for known, new in zip(found[place], (rows, seeds, splits), strict=True):
                known |= new
    return [(len(rows), len(seeds), len(splits)) for rows, seeds, splits in found]


def is_seen(record: Record) -> bool:
    """Whether a run had windows of its test clips in training or validation."""
    return record.shared_clips > 0


def _same_recordings(
    data: DataRuns, pairs: Mapping[str, Sequence[tuple[str, str, bool]]]
) -> dict[str, tuple[SameRecording, ...]]:
    """Id of a clip -> other clips of the same recording, by id, from audits and from the index of GTZAN."""
    exact: dict[tuple[str, str], bool] = {}
    known = _exact_copies_of_gtzan() if data.known == "GTZAN" else []
    for first, second, same_bytes in (*known, *(pair for one in sorted(data.digests) for pair in pairs.get(one, ()))):
        for place in ((first, second), (second, first)):
            exact[place] = exact.get(place, False) or same_bytes
    genre_of = {clip.id: clip.genre for clip in data.clips}
    found: dict[str, list[SameRecording]] = defaultdict(list)
    for (clip, other), same_bytes in sorted(exact.items()):
        found[clip].append(SameRecording(other, genre_of.get(other, ""), same_bytes))
    return {clip: tuple(others) for clip, others in found.items()}


def _exact_copies_of_gtzan() -> list[tuple[str, str, bool]]:
    """Pairs of clips whose files have the same bytes in the common copy of GTZAN."""
    by_digest: dict[str, list[str]] = defaultdict(list)
    for clip, fact in gtzan.facts().items():
        by_digest[fact["wav_sha256"]].append(clip)
    return [
        (first, second, True)
        for clips in by_digest.values()
        for place, first in enumerate(clips)
        for second in clips[place + 1 :]
    ]


def _known_faults(clip: str, facts: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    found = []
    if clip in facts and facts[clip]["fault_filtered"] == "removed":
        found.append("left out of GTZAN's published split without faults")
    if clip in facts and clip in gtzan.UNREADABLE_IN_COMMON_COPY:
        found.append("truncated in the common copy of GTZAN")
    return tuple(found)


def _summary_apart(data: DataRuns, runs: Sequence[KeyedRecord], decisions: Sequence[Decisions]) -> list[str]:
    """What the runs without windows of their test clips in training or validation found, as sentences."""
    if not runs:
        return []
    tested = [one for one in decisions if one.tested]
    sentences = [
        f"{counted(len(runs), 'run')} with no window of their test clips in training or validation tested "
        f"{counted(len(tested), 'clip')}, {counted(sum(one.tested for one in tested), 'test')} in all; {_often(tested)}"
    ]
    titles = sorted({record.data.title for _, record in runs})
    for title in titles if len(titles) > 1 else ():
        of_title = [run for run in runs if run[1].data.title == title]
        alone = _decisions(data, of_title)
        if any(one.tested >= LEAST_TESTS for one in alone):
            sentences.append(f"In the {counted(len(of_title), 'run')} on {title} alone: {_often(alone)}")
    return sentences


def _summary_seen(runs: Sequence[KeyedRecord], decisions: Sequence[Decisions]) -> list[str]:
    """What the runs with other windows of their test clips in training or validation found, as sentences."""
    if not runs:
        return []
    tested = [one for one in decisions if one.tested]
    return [
        f"{counted(len(runs), 'run')} with other windows of their test clips in training or validation are counted "
        f"apart: they tested {counted(len(tested), 'clip')}; {_often(tested)}"
    ]


def _often(tested: Sequence[Decisions]) -> str:
    """How many of some clips were tested often, and how many of those were always wrong, as a sentence."""
    often = [one for one in tested if one.tested >= LEAST_TESTS]
    if not often:
        return f"no clip was tested {LEAST_TESTS} times or more."
    wrong = sum(one.always_wrong for one in often)
    was = "was" if wrong == 1 else "were"
    those = f"of {counted(len(often), 'clip')} tested {LEAST_TESTS} times or more"
    return f"{those}, {wrong or 'none'} {was} wrong every time."
