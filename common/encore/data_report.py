"""The report of `encore data DATASET DIR` on screen."""

import statistics
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.cli.screen import wide_console
from common.core.shell import shell_command
from common.core.words import counted
from common.encore.data_pages import WIDEST, WIDTH, Words, bare_table, grid
from common.encore.data_papers import PaperOnData
from common.reports.screen.columns import Column, ShortTable
from common.reports.screen.layout import NARROWEST_TABLE, table_lines
from data_pipeline.datasets.artists import NO_ARTIST_IN_TAGS
from data_pipeline.datasets.catalog import listed_genres
from data_pipeline.datasets.check.report import DataReport, Finding

# Names that are listed on screen; JSON holds them all.
_NAMED = 5
_PARTS = ("train", "valid", "test", "removed")


def show_report(report: DataReport, splits: Sequence[str], papers: Sequence[PaperOnData]) -> None:
    """Print what a check found, and what can be run.

    Args:
        splits: values of `--split` that can be used; empty where no paper has rows that can be run.
    """
    screen = wide_console(WIDTH, WIDEST)
    title = "Arrays" if report.arrays is not None else report.title
    screen.print(Text(f"{title} in {report.data}"), style="bold", soft_wrap=True)
    rows = grid()
    for name, text in _findings(report):
        rows.add_row(name, Words(text))
    if splits:
        rows.add_row("--split", Text(_listed_splits(report, splits)))
    screen.print(rows)
    screen.print()
    if report.by_genre:
        screen.print(_by_genre(report))
        screen.print()
    if splits:
        _show_papers(papers, screen)
        if any(paper.rows < paper.all_rows for paper in papers):
            takes = "that take these arrays" if report.arrays is not None else ""
            fits = "whose window fits your clips"
            screen.print(Text(f"rows: those {' and '.join(filter(None, (takes, fits)))}"))
    short = [f"{paper.paper} {paper.too_short:,}" for paper in papers if paper.too_short]
    if short:
        screen.print(Text(f"Clips shorter than a window, to be skipped with --skip-bad: {', '.join(short)}."))
    if splits:
        data = ["--dataset", report.dataset, "--data", report.data, *report.read_with]
        command = ["encore", "run", "PAPER", *data, *report.flags]
        screen.print(Text(f"Run one: {shell_command(command)}"), soft_wrap=True)
    screen.print(Text(_verdict(report, can_run=bool(splits))), style="bold")


def _findings(report: DataReport) -> Iterable[tuple[str, str]]:
    read = "only headers were read" if report.quick else "every clip was read whole"
    total = f" of {report.expected:,}" if report.expected is not None else ""
    yield "usable", f"{report.usable:,}{total} clips; {read}"
    if not report.by_genre:
        yield "per genre", _genres(report)
    if report.arrays is not None:
        facts = report.arrays
        columns = f"{facts.columns:,}" + (f" to {facts.most_columns:,}" if facts.most_columns else "")
        yield (
            "array",
            f"X {facts.tracks:,} x {facts.bins:,} x {columns} (clips, bins, columns), {facts.dtype}, "
            f"{facts.seconds_per_column:.4g} s per column",
        )
    if report.arrays is None:
        yield "missing", _named(report.missing, "--allow-incomplete runs without them")
    if report.arrays is None or report.extra:
        yield "extra files", _extra(report.extra)
    yield "broken", _described(report.broken, "--skip-bad skips them")
    if report.known_broken:
        yield "known broken", _described(report.known_broken, "skipped without a flag")
    if report.formats:
        shortest, longest = min(report.seconds.values()), max(report.seconds.values())
        formats = ", ".join(f"{name} ({count:,})" for name, count in list(report.formats.items())[:_NAMED])
        yield "format", f"{formats}; {shortest:.1f} to {longest:.1f} s{_median(report)}"
    if report.unlike:
        yield "unlike", _described(report.unlike, "used as they are")
    if report.arrays is None and not report.quick:
        if report.known_as is not None:
            yield "which copy", _copy(report)
        yield "exact duplicates", _same_bytes(report)
    yield "artists", _artists(report)
    for note in report.notes:
        yield "note", note


def _artists(report: DataReport) -> str:
    if report.with_artist:
        return f"known for {report.with_artist:,} of {report.usable:,} clips"
    return NO_ARTIST_IN_TAGS if report.dataset == "folder" and report.usable and not report.read_with else "unknown"


def _median(report: DataReport) -> str:
    """Of clips that may be of any length."""
    return f", median {statistics.median(report.seconds.values()):.1f} s" if report.by_genre else ""


def _by_genre(report: DataReport) -> Table:
    table = bare_table("genre")
    for name in ("clips", "artists", "unknown artist", "shortest (s)", "median (s)", "longest (s)"):
        table.add_column(name, justify="right")
    for genre, one in report.by_genre.items():
        whole = report.genres[genre].expected in (None, one.clips)
        clips = f"{one.clips:,}" if whole else f"{one.clips:,} of {report.genres[genre].expected:,}"
        lengths = [f"{seconds:,.1f}" for seconds in one.seconds] if one.clips else ["", "", ""]
        table.add_row(Text(genre), clips, f"{one.artists:,}", f"{one.unknown_artist:,}", *lengths)
    return table


def _genres(report: DataReport) -> str:
    """Genres with the same counts share an entry."""
    by_count: dict[str, list[str]] = {}
    for genre, count in report.genres.items():
        whole = count.expected in (None, count.usable)
        by_count.setdefault(f"{count.usable:,}" if whole else f"{count.usable:,} of {count.expected:,}", []).append(
            genre
        )
    return "; ".join(f"{count}: {listed_genres(tuple(genres))}" for count, genres in by_count.items())


def _named(names: Sequence[str], flag: str) -> str:
    if not names:
        return "none"
    return f"{len(names):,}: {_first(names)} ({flag})"


def _extra(files: Sequence[str]) -> str:
    if not files:
        return "none"
    return f"{len(files):,}, ignored: {_first(files)}"


def _described(findings: Sequence[Finding], flag: str) -> str:
    if not findings:
        return "none"
    return f"{len(findings):,}, {flag}: {_first([f'{found.clip} ({found.reason})' for found in findings])}"


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _copy(report: DataReport) -> str:
    copy = report.copy
    if copy is None:
        return "not known: there are no checksums for these files"
    compared = copy.same + len(copy.other)
    text = f"{copy.same:,} of {compared:,} files are the same as in {copy.reference}"
    if copy.other:
        text += f"; other bytes: {_first(copy.other)}"
    return text + (f"; {copy.without_checksum:,} files have no checksum" if copy.without_checksum else "")


def _same_bytes(report: DataReport) -> str:
    groups, known = report.same_bytes, set(report.same_bytes_known)
    if not groups:
        return "no two clips are the same file"
    # Groups that nobody knows of come first.
    ordered = sorted(groups, key=lambda group: group in known)
    named = _first([" = ".join(group) for group in ordered])
    if report.known_as is None:
        return f"{counted(len(groups), 'group')} of clips: {named}"
    what = "all" if len(known) == len(groups) else f"{len(known):,}" if known else "none"
    return f"{counted(len(groups), 'group')} of clips, {what} known: {named}"


def _listed_splits(report: DataReport, splits: Sequence[str]) -> str:
    sizes = []
    for name in splits:
        parts = report.splits.get(name, {})
        counts = "/".join(f"{parts.get(part, 0):,}" for part in _PARTS[:3])
        removed = f", {parts['removed']:,} removed" if parts.get("removed") else ""
        sizes.append(f"{name} ({counts}{removed})" if parts else name)
    lacking = "" if report.with_artist else "; not artist, because no artist is known"
    return ", ".join(sizes) + lacking


def _show_papers(papers: Sequence[PaperOnData], screen: Console) -> None:
    """A table; on a narrow screen one value a line, so that no number is broken."""
    heads = ("PAPER", "rows", "numbers published on", "split without --split")
    lines = _papers(papers)
    if screen.width < NARROWEST_TABLE:
        columns = tuple(
            Column(head, tuple(line[place] for line in lines), is_text=True) for place, head in enumerate(heads)
        )
        for line in table_lines(ShortTable("", columns), screen.width)[0]:
            screen.print(Text(line), soft_wrap=True)
        return
    table = bare_table(*heads)
    for line in lines:
        table.add_row(*map(Text, line))
    screen.print(table)


def _papers(papers: Sequence[PaperOnData]) -> list[tuple[str, ...]]:
    lines = []
    for paper in papers:
        rows = f"{paper.rows}" if paper.rows == paper.all_rows else f"{paper.rows} of {paper.all_rows}"
        published = f"{paper.published_on} (this)" if paper.is_published_on_it else paper.published_on
        left_out = ", ".join(paper.left_out_genres)
        if paper.too_few_genres:
            split = f"leaves out {left_out}: too few genres, add --genres all"
        else:
            split = f"{paper.protocol}, without {left_out}" if left_out else paper.protocol
        lines.append((paper.paper, rows if paper.rows else "none", published, split))
    return lines


def _verdict(report: DataReport, *, can_run: bool) -> str:
    problems = [
        f"{len(names):,} {kind}" for kind, names in (("missing", report.missing), ("broken", report.broken)) if names
    ]
    listed = f" ({', '.join(problems)})" if problems else ""
    if not report.usable:
        return f"This copy cannot be used: it has no usable clip{listed}."
    if report.genres_with_clips < 2:
        return f"This copy cannot be used{listed}: all clips are of one genre, and a classifier needs at least two."
    if not can_run:
        return f"This copy cannot be used{listed}: no paper has a row that takes these data and has windows this short."
    if report.is_complete:
        return "This copy can be used as it is."
    return f"This copy cannot be used as it is{listed}; with {' '.join(report.flags)} it can."
