"""Leakage audits as the page shows them: each split in numbers and words, with example clips."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from common.core.percent import percent_text, published_text
from common.core.words import counted, plural
from common.metrics.clips import MAIN_METRICS, METRIC_NAMES, ClipResult
from common.records.record import Record
from common.report_page.names import Ids, all_shown, shown
from common.report_page.payload import AuditSplit, AuditView, Example, Interval, Published
from common.report_page.read import PaperResults, ReadTable
from common.reports.screen.results import data_name
from common.reports.tables.intervals import bounds_text
from common.reports.text.flag_words import FLAG_WORDS
from data_pipeline.datasets.artists import artist_keys

# Example clips of a split.
_MOST_EXAMPLES = 4
_SEEN = {"train", "valid"}
# How a message of a command begins, which names what it was given.
_WITH_OPTION = re.compile(r"^--[a-z-]+(?: \S+)?: ")
_MINUS = "\u2212"


@dataclass(frozen=True)
class _Decided:
    """A clip as the runs of a split decided it (mean softmax).

    Args:
        clip: of one of the runs.
        right: number of runs that decided it correctly.
        taken: genre -> number of runs that decided it for that one, of those that were wrong.
    """

    clip: ClipResult
    genre: str
    right: int
    runs: int
    taken: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        return self.right / self.runs

    @property
    def text(self) -> str:
        wrong = ", ".join(f"{genre} in {number}" for genre, number in self.taken)
        return f"right in {self.right} of {counted(self.runs, 'run')}" + (f", taken for {wrong}" if wrong else "")


def audit_view(one: ReadTable, table_id: str, results: PaperResults, dataset: str, ids: Ids) -> AuditView:
    """An audit from its table, with examples from the records of its runs.

    Args:
        table_id: of the HTML element of its table.
        dataset: name of the data among the packed clip decisions.
    """
    values = one.stored.values
    audit_id = ids.new("audit", values["paper"], one.results.dataset, one.stored.path.stem.removeprefix("table_"))
    rows = values["rows"]
    decided = [_decided([r for run in row["records"] if (r := results.record(one.results, run))]) for row in rows]
    splits = tuple(_split(f"{audit_id}-{place + 1}", one, place, decided) for place in range(len(rows)))
    for split in splits:
        ids.new(split.id)
    published = values["published"]
    keys = {name: metric for metric, name in METRIC_NAMES.items()}
    return AuditView(
        id=audit_id,
        paper=values["paper"],
        title=shown(values["title"]),
        row=shown(values.get("row_name", "")),
        data=shown(data_name(values)),
        dataset=dataset,
        published=Published(
            name=shown(published["metric"]),
            percent=published["percent"],
            text=published_text(published["percent"]),
            metric=keys[published["compared_with"]],
        )
        if published["percent"] is not None and published["compared_with"] in keys
        else None,
        published_on=shown(one.paper.published_on),
        metrics=tuple((metric, METRIC_NAMES[metric]) for metric in MAIN_METRICS),
        splits=splits,
        flag_words=tuple(FLAG_WORDS[flag] for flag in FLAG_WORDS if flag in values["flags"]),
        warnings=all_shown(note.short or note.text for note in one.table.warnings),
        table=table_id,
    )


def _split(split_id: str, one: ReadTable, place: int, decided: list[dict[str, _Decided]]) -> AuditSplit:
    values = one.stored.values
    row = values["rows"][place]
    measured, gaps, overlap = row["measured"], row["gap"], row["overlap"]
    return AuditSplit(
        id=split_id,
        label=shown(row["label"]),
        means=shown(row["means"]),
        unavailable=shown(_WITH_OPTION.sub("", row["unavailable"])),
        values={metric: _interval(measured[metric]) for metric in MAIN_METRICS if measured},
        gaps={metric: _interval(gaps[metric], signed=True) for metric in MAIN_METRICS if metric in gaps},
        text=_text(measured, values["published"]) if measured else "",
        gap_text=_gap_text(gaps, values["gap_to"]) if gaps else "",
        runs=measured["runs"] if measured else 0,
        clips=measured["clips"] if measured else 0,
        overlap_text=_overlap_text(overlap) if overlap else "",
        examples=tuple(_examples(one, place, decided)),
    )


def _interval(entry: dict[str, Any], *, signed: bool = False) -> Interval:
    text = percent_text(entry["mean"], signed=signed).replace("-", _MINUS)
    return Interval(entry["mean"], *entry["ci95"], text)


def _text(measured: dict[str, Any], published: dict[str, Any]) -> str:
    """The accuracies of a split in words, and where the published number lies."""
    texts = [
        f"{METRIC_NAMES[metric]} {percent_text(measured[metric]['mean'])} % (95 % interval "
        f"{bounds_text(measured[metric]['ci95'])})"
        for metric in MAIN_METRICS
    ]
    text = f"{', '.join(texts)}; {counted(measured['runs'], 'run')}, {counted(measured['clips'], 'test clip')}."
    text = text[:1].upper() + text[1:]
    for metric in MAIN_METRICS:
        if published["percent"] is not None and published["compared_with"] == METRIC_NAMES[metric]:
            low, high = measured[metric]["ci95"]
            lies = "above" if published["percent"] > high else "below" if published["percent"] < low else "inside"
            number, name = published_text(published["percent"]), METRIC_NAMES[metric]
            text += f" The published {number} % lies {lies} the interval of the {name}."
    return text


def _gap_text(gaps: dict[str, Any], reference: str) -> str:
    """The differences from the first split in words."""
    texts = []
    for metric in MAIN_METRICS:
        if metric not in gaps:
            continue
        gap = gaps[metric]
        low, high = gap["ci95"]
        # An interval on one side of zero is given as the words before it say, without signs.
        if gap["mean"] < 0 and high <= 0:
            bounds = bounds_text([abs(high), abs(low)])
        else:
            bounds = bounds_text([low, high], signed=low < 0)
        side = "lower" if gap["mean"] < 0 else "higher"
        texts.append(
            f"{METRIC_NAMES[metric]} is {percent_text(abs(gap['mean']))} points {side} (95 % interval of the "
            f"difference {bounds})"
        )
    return shown(f"Against {reference}: {', '.join(texts)}.")


def _overlap_text(overlap: dict[str, Any]) -> str:
    """How many test clips are not independent of training or validation, and of how many the artist is not known."""
    tested, nameless = overlap["parts"]["test"], overlap["nameless"]
    unknown = ""
    if nameless:
        counts = "it counts" if nameless == 1 else "each counts"
        unknown = f" The artist of {nameless:,} of them is not known; {counts} as an artist of its own."
    if not overlap["met"]:
        return (
            f"No dependence was found for any of the {counted(tested, 'test clip')}: neither the clip itself, nor a "
            f"duplicate of it, nor another clip of its artist is in training or validation.{unknown}"
        )
    counts = {
        "clip": overlap["clips"],
        "artist": overlap["artists"],
        "pair of exact duplicates": overlap["exact_pairs"],
        "pair of near duplicates": overlap["near_pairs"],
    }
    several = {
        "pair of exact duplicates": "pairs of exact duplicates",
        "pair of near duplicates": "pairs of near duplicates",
    }
    listed = [
        f"{number:,} {noun if number == 1 else several.get(noun) or plural(number, noun)}"
        for noun, number in counts.items()
        if number
    ]
    are = "is" if overlap["met"] == 1 else "are"
    return (
        f"{overlap['met']:,} of {counted(tested, 'test clip')} {are} not independent of training: the clip itself, a "
        f"duplicate of it or another clip of its artist is in training or validation.{unknown} On both sides: "
        f"{', '.join(listed)}."
    )


def _decided(records: list[Record]) -> dict[str, _Decided]:
    """Clip -> how the runs of a split decided it."""
    clips: dict[str, list[tuple[ClipResult, tuple[str, ...]]]] = defaultdict(list)
    for record in records:
        for clip in record.clips:
            clips[clip.id].append((clip, record.data.genres))
    found = {}
    for name, mine in clips.items():
        first, genres = mine[0]
        wrong = Counter(of[clip.by_mean_softmax] for clip, of in mine if clip.by_mean_softmax != clip.label)
        taken = tuple(sorted(wrong.items(), key=lambda item: (-item[1], item[0])))
        found[name] = _Decided(first, genres[first.label], len(mine) - sum(wrong.values()), len(mine), taken)
    return found


def _examples(one: ReadTable, place: int, decided: list[dict[str, _Decided]]) -> list[Example]:
    """Clips that show what a split leaks: those that its runs got right more often than where nothing is shared, the
    most different first; where these are few, others that are not independent of training follow. Of a split where
    nothing is shared, or where it is not known of which clips, those that were right more often with another split."""
    mine, rows = decided[place], one.stored.values["rows"]
    if not mine or not rows[place]["overlap"]:
        return []
    reasons = _reasons(one, place, decided) if rows[place]["overlap"]["met"] else {}
    leaks = bool(reasons)
    if leaks:
        clean = (number for number in range(len(rows)) if decided[number] and not rows[number]["overlap"]["met"])
        compared = next(clean, None)
    else:
        compared = next((number for number in range(len(rows)) if decided[number] and number != place), None)
        reasons = _separations(one, place, compared, decided)
    others = decided[compared] if compared is not None else {}
    sign = 1 if leaks else -1
    lost = {name: sign * (mine[name].share - others[name].share) for name in reasons if name in others}
    differing = {name for name, difference in lost.items() if difference > 0}
    candidates = reasons if leaks else differing

    def order(name: str) -> tuple[bool, float, float, str]:
        return name not in differing, -lost.get(name, 0.0), -mine[name].share, name

    chosen: list[Example] = []
    artists: set[str | None] = set()
    for name in sorted(candidates, key=order):
        clip = mine[name]
        artist = clip.clip.artist
        # One clip of an artist is enough.
        if artist in artists and artist is not None:
            continue
        artists.add(artist)
        text = f"here {clip.text}"
        if name in others:
            text += f"; with {rows[compared]['label']} {others[name].text}"
        chosen.append(
            Example(
                clip=name,
                genre=shown(clip.genre),
                artist=shown(artist) if artist else None,
                why=shown(reasons[name]),
                decided=shown(text),
                differs=name in differing,
            )
        )
        if len(chosen) == _MOST_EXAMPLES:
            break
    return chosen


def _separations(
    one: ReadTable, place: int, compared: int | None, decided: list[dict[str, _Decided]]
) -> dict[str, str]:
    """Test clip of a split -> what the split keeps apart, for those of which it is known.

    Args:
        compared: another split, with which the clips are compared.
    """
    rows, mine = one.stored.values["rows"], decided[place]
    if not rows[place]["overlap"]["met"]:
        return {
            name: f"no other clip of {clip.clip.artist} is in training or validation"
            for name, clip in mine.items()
            if clip.clip.artist
        }
    if compared is None or rows[compared]["overlap"]["clips"] < rows[compared]["overlap"]["parts"]["test"]:
        return {}
    before = f"with {rows[compared]['label']}, other windows of it were in training or validation"
    return {name: before for name in mine if name in decided[compared]}


def _reasons(one: ReadTable, place: int, decided: list[dict[str, _Decided]]) -> dict[str, str]:
    """Test clip of a split -> what connects it with training or validation, for those of which it is known."""
    mine, values = decided[place], one.stored.values
    overlap = values["rows"][place]["overlap"]
    parts = overlap["parts"]
    if overlap["clips"] == parts["test"]:
        return {
            name: f"{counted(clip.clip.windows, 'window')} of it tested, others in training or validation"
            for name, clip in mine.items()
        }
    found: dict[str, str] = {}
    for pairs in (part for part in one.below if part.stored.values.get("kind") == "duplicates"):
        label = values["rows"][place]["label"]
        regimes = pairs.stored.values["regimes"]
        if label not in regimes:
            continue
        for pair in pairs.stored.values["rows"]:
            sides = [set(side.split("+")) for side in pair["parts"][regimes.index(label)].split(" / ")]
            names = (pair["label"], pair["second"])
            for (name, tested), (other, seen) in ((pair_of := list(zip(names, sides, strict=True))), pair_of[::-1]):
                if name in mine and "test" in tested and seen & _SEEN:
                    same = "has the same bytes as" if pair["exact"] else "is the same recording as"
                    found.setdefault(name, f"{same} {other}, which is in training or validation")
    if sum(parts.values()) == values["data_clips"]:
        # Every clip that is not tested is then in training or validation. Of clips that no split tested, the artist is
        # not known here, so there may be more of the same artist.
        known = {name: clip.clip.artist for of_split in decided for name, clip in of_split.items() if clip.clip.artist}
        key_of = dict(zip(known, artist_keys(list(known), list(known.values())), strict=True))
        elsewhere = Counter(key for name, key in key_of.items() if name not in mine)
        for name, clip in mine.items():
            if name in known and (number := elsewhere[key_of[name]]):
                others = counted(number, "other clip")
                found.setdefault(name, f"at least {others} by {clip.clip.artist} in training or validation")
    return found
