"""The README against results: its headline tables, and the sentences below them, are what was measured."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.core.errors import DataError
from common.core.files import read_json
from common.core.percent import percent_text, stored_percent
from common.core.words import counted
from common.paper.protocol import NO_DUPLICATES
from common.reports.tables.intervals import bounds_text
from common.verification.faults import Fault, Verified

# Stands above the headline table.
MARKER = "<!-- headline:"
# Below the results folder: the audits of GTZAN and of a second data set.
HEADLINE_TABLE = Path("se_cnn") / "arrays" / "table_audit.json"
SECOND_TABLE = Path("se_cnn") / "folder_emotify" / "table_audit_small_features_20_epochs_changed_3999c4cc.json"
_BY_CLIP, _NO_COPIES = "holdout, by clip", f"holdout, by clip, {NO_DUPLICATES}"
_ARTIST, _FAULT_FILTERED = "artist, by clip", "fault_filtered, by clip"
# The splits whose gaps to the split by window the README names.
_GAPS = (_BY_CLIP, _ARTIST, _FAULT_FILTERED)
_NUMBERS = {1: "one seed", 2: "two seeds", 3: "three seeds", 4: "four seeds", 5: "five seeds"}
_NUMBER = r"-?\d+(?:\.\d+)?"
_REMEDY = "Correct the README, or the table if it is wrong."


@dataclass(frozen=True)
class _Sentence:
    """Something that the README says.

    Args:
        text: as it stands there, on one line.
        contradiction: why it is not what was measured; empty where it is.
    """

    text: str
    contradiction: str = ""


@dataclass(frozen=True)
class _Headline:
    """A table of the README.

    Args:
        source: that it repeats, below the results folder.
        name: that its measured rows begin with.
        sentences: what the text below it says, by the table that it repeats.
    """

    source: Path
    name: str
    sentences: Callable[[dict[str, Any]], Iterable[_Sentence]]


def has_headline(readme: Path) -> bool:
    """Whether there is a README with a headline table that can be checked."""
    return readme.is_file() and MARKER in readme.read_text(encoding="utf-8", errors="replace")


def verify_readme(readme: Path, results: Path) -> Verified:
    """Check that the headline tables of a README and the sentences below them say what the tables of the audits do.

    Args:
        readme: has a headline table, see `has_headline`.
    """
    content = readme.read_text(encoding="utf-8", errors="replace")
    faults: list[Fault] = []
    counts = {"rows": 0, "sentences": 0}
    for headline in (
        _Headline(HEADLINE_TABLE, "ours", _sentences),
        _Headline(SECOND_TABLE, "Emotify", _sentences_of_second),
    ):
        source = results / headline.source
        try:
            table = read_json(source, what="the table that the README repeats", remedy="")
            rows, sentences = _rows(table), list(headline.sentences(table))
        except (DataError, OSError, KeyError, IndexError, TypeError, ValueError) as error:
            said = str(error).removeprefix(f"{source}: ").rstrip(".") or type(error).__name__
            if not isinstance(error, DataError):
                said = f"a table without what the README repeats ({type(error).__name__}: {said})"
            fault = Fault(
                source, said, "the measured table that the README repeats", "Make it again with --from-records."
            )
            return Verified("README", "not checked: its table cannot be used", {}, (fault,))
        faults += _faults_of_rows(readme, content, headline.name, rows)
        faults += _faults_of_sentences(readme, content, sentences)
        counts = {"rows": counts["rows"] + len(rows), "sentences": counts["sentences"] + len(sentences)}
    right = "" if faults else ": all as measured"
    rows_text, sentences_text = counted(counts["rows"], "row"), counted(counts["sentences"], "statement")
    summary = f"{rows_text} and {sentences_text} of the headline compared{right}"
    return Verified("README", summary, counts, tuple(faults), ("the other text of the README",))


def _measured(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in table["rows"] if row["measured"]]


def _row_of(table: dict[str, Any], label: str) -> dict[str, Any]:
    for row in _measured(table):
        if row["label"] == label:
            return row
    raise ValueError(f"no measured row {label}")


def _rows(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Label and last cells of each measured row, as the README prints them."""
    found = []
    for row in _measured(table):
        cells = []
        for value in (row["measured"][name] for name in ("window_accuracy", "clip_accuracy_mean_softmax")):
            spread = f" ± {percent_text(value['sd'])}" if "sd" in value else ""
            cells.append(f"{percent_text(value['mean'])}{spread} ({bounds_text(value['ci95'])})")
        tested = row["overlap"]["parts"]["test"]
        known = percent_text(stored_percent(row["overlap"]["met"] / tested), 0)
        nameless = percent_text(stored_percent(row["overlap"]["nameless"] / tested), 0)
        is_said = row["overlap"]["met"] < tested and row["overlap"]["nameless"]
        unknown = f" ({nameless} % of unknown artist)" if is_said else ""
        found.append((row["label"], f"| {cells[0]} | {cells[1]} | {known} %{unknown} |"))
    return found


def _faults_of_rows(readme: Path, content: str, name: str, rows: list[tuple[str, str]]) -> Iterator[Fault]:
    printed = [line for line in content.splitlines() if line.startswith(f"| {name}")]
    if len(printed) != len(rows):
        yield Fault(readme, f"{len(printed)} rows of {name}", f"{len(rows)}, as measured", _REMEDY)
        return
    for line, (label, cells) in zip(printed, rows, strict=True):
        if _name_of(line).partition(" (")[0] != f"{name}: {label}":
            yield Fault(
                readme, f"the row {_name_of(line)!r}", f"a row '{name}: {label}', as the table names it", _REMEDY
            )
        if not line.endswith(cells):
            shown = "| " + "| ".join(line.split("| ")[2:])
            yield Fault(
                readme, f"{shown!r} in the row {_name_of(line)!r}", f"{cells!r}, measured for {label!r}", _REMEDY
            )


def _name_of(line: str) -> str:
    return line.split("|")[1].strip()


def _faults_of_sentences(readme: Path, content: str, sentences: list[_Sentence]) -> Iterator[Fault]:
    text = " ".join(content.split())
    for sentence in sentences:
        if sentence.contradiction and sentence.text in text:
            yield Fault(readme, f"{sentence.text!r}", sentence.contradiction, _REMEDY)
        elif not sentence.contradiction and sentence.text not in text:
            yield Fault(readme, _nearest(text, sentence.text), f"{sentence.text!r}", _REMEDY)


def _nearest(text: str, wanted: str) -> str:
    """What the README has where a sentence should be: the text that has other numbers in the same places."""
    pattern = _NUMBER.join(map(re.escape, re.split(_NUMBER, wanted)))
    found = re.search(pattern, text)
    return repr(found.group()) if found else "no such text"


def _sentences(table: dict[str, Any]) -> Iterator[_Sentence]:
    measured = _measured(table)
    published = table["published"]["percent"]
    yield _Sentence(f"| published | {published:g} |")
    yield _Sentence(f"on {_noted(table, r'Data: (?:.*?, )?([0-9]+) clips')} GTZAN clips")
    yield _Sentence(f"({_noted(table, r'Training: windows of ([0-9]+ x [0-9]+)')} log-mel windows instead of ")
    setting = table["setting"]
    yield _Sentence(f"), at most {setting['epochs']} epochs")
    seeds = {row["measured"]["runs"] for row in measured}
    one_seed = any("ONE SEED" in text for text in table["caption"])
    several = f"rows of {', '.join(map(str, sorted(seeds)))} runs" if len(seeds) > 1 else ""
    number = _NUMBERS.get(max(seeds), f"{max(seeds)} seeds")
    yield _Sentence(f"--epochs {setting['epochs']} --seeds {max(seeds)} --precision {setting['precision']}")
    yield _Sentence(f"standard deviation of {number}", several or ("rows of one seed" if one_seed else ""))
    for label in _GAPS:
        gap = _row_of(table, label)["gap"]["window_accuracy"]
        fall, low, high = (percent_text(abs(value), 0) for value in (gap["mean"], *gap["ci95"]))
        points = " points" if label == _GAPS[0] else ""
        yield _Sentence(f"by {fall}{points} ({high} to {low})")
    yield _chance(table, number)
    yield _clipped(table)
    filtered = _row_of(table, _ARTIST)
    clips = filtered["overlap"]["parts"]["test"]
    artists = _noted(table, rf"Artists: .*{_ARTIST}: [0-9]+ test clips by ([0-9]+) artists")
    counts = sorted(value["independent_clips"] for value in filtered["measured"].values() if isinstance(value, dict))
    yield _Sentence(
        f"the {clips} test clips by {artists} artists of the artist filter count as {counts[0]:.0f} to {counts[-1]:.0f}"
    )
    # The text that stands for the figure where pictures are not shown.
    shares = [f"{percent_text(row['measured']['window_accuracy']['mean'], 0)} %" for row in measured]
    names = (
        "holdout by window",
        "holdout by clip",
        "without exact duplicates",
        "with an artist filter",
        "fault_filtered",
    )
    yield _Sentence(", ".join(f"{share} {name}" for share, name in zip(shares, names, strict=True)))


def _sentences_of_second(table: dict[str, Any]) -> Iterator[_Sentence]:
    measured = _measured(table)
    setting = table["setting"]
    clips = _noted(table, r"Data: (?:.*?, )?([0-9]+) clips")
    genres = _noted(table, r"Data: .*?([0-9]+) genres")
    window = _noted(table, r"Training: windows of ([0-9]+ x [0-9]+)")
    yield _Sentence(f"Emotify, {clips} clips of {genres} genres")
    yield _Sentence(f"log-mel windows of {window}, at most {setting['epochs']} epochs")
    runs = {row["measured"]["runs"] for row in measured}
    number = _NUMBERS.get(max(runs), f"{max(runs)} seeds").capitalize()
    of_clips = any("account for test clips only" in note for note in table["caption"])
    yield _Sentence(
        f"{number}, so the intervals account for test clips only",
        "" if len(runs) == 1 and of_clips else f"intervals of {sorted(runs)} runs",
    )
    for label, name in ((_BY_CLIP, "whole clips"), (_ARTIST, "an artist filter")):
        gap = _row_of(table, label)["gap"]["window_accuracy"]
        fall, low, high = (percent_text(-value, 0) for value in (gap["mean"], *gap["ci95"]))
        yield _Sentence(f"{fall} points ({high} to {low}) with {name}")


def _noted(table: dict[str, Any], pattern: str) -> str:
    """The group of a pattern in the notes below the table.

    Raises:
        ValueError: no note begins as the pattern does.
    """
    for note in table["caption"]:
        if found := re.match(pattern, note):
            return found[1]
    raise ValueError(f"no note like {pattern!r}")


def _chance(table: dict[str, Any], seeds: str) -> _Sentence:
    """That two gaps to holdout by clip may be due to chance, because their intervals hold 0."""
    (gaps,) = (text for text in table["caption"] if text.startswith(f"Gaps to {_BY_CLIP}, in points: "))
    found = dict(re.findall(rf"({_NO_COPIES}|{_ARTIST}): windows (\S+ \(\S+ to \S+\))", gaps))
    costs, outside = [], []
    for label in (_ARTIST, _NO_COPIES):
        mean, low, high = (int(percent_text(-float(value), 0)) for value in re.findall(r"[-+][\d.]+", found[label]))
        if not high < 0 < low:
            outside.append(f"{label}: {high} to {low}")
        costs.append((mean, high, low))
    (first, first_high, first_low), (second, second_high, second_low) = costs
    return _Sentence(
        f"the artist filter costs {first} points ({first_high} to {first_low}), and removing exact duplicates {second} "
        f"({second_high} to {second_low}): {seeds} cannot tell either from chance",
        f"intervals that hold 0, measured {'; '.join(outside)}" if outside else "",
    )


def _clipped(table: dict[str, Any]) -> _Sentence:
    """Which rows were trained with a loss of clipped probabilities."""
    warned = [text for text in table["warnings"] if text.startswith("CLIPPED LOSS")]
    found = re.search(r"CLIPPED LOSS in splits ([^;(]+) \(seeds 1 and 2\)\.", " ".join(warned))
    named = found[1].split(" | ") if found else []
    expected = [row["label"] for row in _measured(table) if row["label"] != _BY_CLIP]
    return _Sentence(
        f"In every row but that of {_BY_CLIP}, seeds 1 and 2 ran on JAX with a loss of clipped probabilities",
        "" if named == expected else f"a clipped loss in seeds 1 and 2 of: {', '.join(named) or 'no row'}",
    )
