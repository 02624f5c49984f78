"""Tables and pages against records: they are made again in another folder, and have to be the same, byte for byte.

Figures are not drawn again. Their files hold the digest of what they were drawn from, which is made again instead.
"""

import re
import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from common.cli.regenerate import regenerate, unsupported_files
from common.core.console import collected, progress, warn
from common.core.files import write_text
from common.core.shell import shell_word
from common.core.temporary import temporary_folder
from common.core.words import counted
from common.launch import is_paper, load_paper
from common.paper.figures import Needs
from common.paper.paper import Paper
from common.records.paths import ResultPaths, overview_file, page_file, result_subfolders
from common.records.record import reading_once
from common.reports.committed import are_committed, stated_in
from common.reports.coverage import COVERAGE_NAME, coverage_of
from common.reports.figures.checksums import state_of
from common.reports.figures.files import digest_file, is_drawing, stated_digest
from common.reports.genre_counts import counts_are_intact
from common.reports.pages import write_overview
from common.reports.write import write_without_runs
from common.verification.faults import Fault, Verified

# What tables are made from, of the folder of a paper's data set.
_SOURCES = ("runs", "diverged", "audits", "searches")
_NO_SOURCE = shutil.ignore_patterns("work", "set_aside", "*.lock", ".lock")
_FORMS = (".md", ".csv", ".tex", ".json")
_TEXTS = (".md", ".csv", ".tex")
# Characters of a line that are shown before and after the first that differs.
_BEFORE, _AFTER = 24, 40
_SHOWN_DIGITS = 12
# Bars within cells are escaped.
_CELL_END = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class ComparedTables:
    """The comparison of the tables of one paper, or of the list of all tables.

    Args:
        compared: files whose bytes were compared.
        figures: files of figures that the records support.
        compared_figures: those of them whose digests were compared.
        of_other_code: those of them that other code drew, so that what they were drawn from cannot be compared.
        without_values: those of them whose digests are not made, which are of searches.
        without_checksum: those of them that were drawn before their files held a checksum.
        others: Markdown, CSV and LaTeX files beside the tables that are none of them.
        messages: what was said while the tables were made again, e.g. which records were not used.
    """

    faults: tuple[Fault, ...]
    compared: int
    figures: int = 0
    compared_figures: int = 0
    of_other_code: tuple[Path, ...] = ()
    without_values: tuple[Path, ...] = ()
    without_checksum: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()
    messages: tuple[str, ...] = ()


def papers_in(results: Path) -> list[str]:
    """The subfolders of a results folder that are papers, by name."""
    return [path.name for path in result_subfolders(results) if is_paper(path.name)]


def verify_tables(results: Path) -> Verified:
    """Compare every table, generated page and the list of all tables below a results folder with what the records make,
    and see whether the figures that belong to them are there and hold the digest of what the records make.
    """
    keys = papers_in(results)
    found: list[ComparedTables] = []
    with (
        temporary_folder("verify") as scratch,
        progress("making tables again", len(keys), unit="papers", transient=True) as advance,
    ):
        together = scratch / "all"
        for key in keys:
            out = scratch / f"of_{key}"
            found.append(compare_tables(load_paper(key), results, out))
            # With the tables of all papers, the list of all tables can be made.
            together.mkdir(exist_ok=True)
            (out / key).rename(together / key)
            advance(1)
        if keys:
            _copy_other_tables(results, together, keys)
            found.append(compare_overview(results, together))
    counts = {
        "papers": len(keys),
        "files": sum(one.compared for one in found),
        "figures": sum(one.figures for one in found),
        "compared_figures": sum(one.compared_figures for one in found),
    }
    of_other_code = [path for one in found for path in one.of_other_code]
    without_values = [path for one in found for path in one.without_values]
    without_checksum = [path for one in found for path in one.without_checksum]
    faults = tuple(fault for one in found for fault in one.faults)
    same = "" if faults or not counts["files"] else ": all as their records make them"
    summary = (
        f"{counted(counts['files'], 'file')} of {counted(len(keys), 'paper')} made again{same}; "
        f"{counted(counts['figures'], 'figure file')} looked for, {counts['compared_figures']:,} compared by digest"
    )
    others = [path for one in found for path in one.others]
    unchecked = list(dict.fromkeys(message for one in found for message in one.messages))
    if counts["figures"]:
        unchecked.append(
            "whether the pictures of figures show their values (the values and the checksums of the files were "
            "compared)"
        )
    if of_other_code:
        unchecked.append(
            f"{counted(len(of_other_code), 'figure file')} drawn by the code of another version, first: "
            f"{of_other_code[0]}"
        )
    if without_values:
        unchecked.append(
            f"{counted(len(without_values), 'figure file')} without a digest to compare with, first: "
            f"{without_values[0]}"
        )
    if without_checksum:
        unchecked.append(
            f"the bytes of {counted(len(without_checksum), 'figure file')} drawn before files held checksums, first: "
            f"{without_checksum[0]}"
        )
    if others:
        unchecked.append(f"{counted(len(others), 'file')} beside the tables, first: {others[0]}")
    return Verified("tables", summary, counts, faults, tuple(unchecked))


def compare_tables(paper: Paper, results: Path, out: Path) -> ComparedTables:
    """Make the tables and the page of a paper again, and compare them with those in its results.

    Args:
        out: an empty folder, or one that does not exist yet, where they are made; it keeps them.
    """
    command = f"encore run {paper.key} --from-records --out {shell_word(results)}"
    remedy = f"If the records are right, make it again: {command}"
    folders = sorted(path for path in (results / paper.key).iterdir() if path.is_dir())
    (out / paper.key).mkdir(parents=True)
    with collected() as said:
        for folder in folders:
            _copy_sources(paper, ResultPaths(folder), ResultPaths(out / paper.key / folder.name))
        # What stands beside own numbers is not made from these records, and may have changed since.
        made = regenerate(
            paper,
            out,
            draw_figures=False,
            list_tables=False,
            committed=lambda _, mine: stated_in(ResultPaths(results / paper.key / mine.dataset)),
            own=lambda mine: _say_yours(results / paper.key / mine.dataset),
        )
    written = {path for report in made.groups for path in report.files}
    written |= {path for _, paths in made.others for path in paths}
    drawn = {results / path.relative_to(out) for path in written if path.parent.name == "figures"}
    ours = {path for folder in folders for path in (out / paper.key / folder.name).glob("table_*") if path.is_file()}
    page = page_file(out, paper.key)
    expected = {results / path.relative_to(out): path for path in sorted({*ours, page})}
    faults = _by_table([fault for theirs, mine in expected.items() for fault in _differences(theirs, mine, remedy)])
    faults += [
        Fault(
            path, "no such file", "the figure of a table or figure of the paper that its records support", f"{remedy}."
        )
        for path in sorted(drawn)
        if not path.is_file()
    ]
    of_other_code, without_values, without_checksum = [], [], []
    present = sorted(filter(Path.is_file, drawn))
    digests = {path: path.read_text(encoding="utf-8") for path in out.rglob("*.digest")}
    codes = {digest.partition(" by ")[2] for digest in digests.values()}
    for path in present:
        try:
            state = state_of(path)
        except OSError as error:
            faults.append(_unreadable(path, error))
            continue
        if state == "changed":
            faults.append(Fault(path, "a file that was changed or cut off", "the file as it was drawn", f"{remedy}."))
            continue
        if state == "without checksum":
            without_checksum.append(path)
        digest = digests.get(digest_file((out / path.relative_to(results)).with_suffix("")))
        if digest is None:
            without_values.append(path)
        elif wrong := _wrong_drawing(path, digest, codes):
            faults.append(Fault(path, *wrong, f"{remedy}."))
        elif not is_drawing(path, digest):
            of_other_code.append(path)
    beside, changed = _drawn_without_records(paper, folders)
    faults += [
        Fault(path, "a file that was changed or cut off", "the file as it was drawn", "Draw it again with --figure.")
        for path in changed
    ]
    others: list[Path] = []
    for folder in folders:
        surplus = set(unsupported_files(paper, ResultPaths(folder), {*expected, *drawn}))
        for path in sorted(folder.iterdir()):
            if path in expected or path.suffix not in _FORMS or not path.is_file():
                continue
            if path.name.startswith("table_"):
                surplus.add(path)
            elif path.suffix in _TEXTS:
                others.append(path)
        faults += [
            Fault(
                path,
                "a file that no record supports",
                "none",
                "Remove it, or give it another name if it is your own.",
            )
            for path in sorted(surplus)
        ]
    messages = tuple(line.replace(str(out), str(results)) for line in said)
    return ComparedTables(
        tuple(faults),
        len(expected) + len([path for path in beside if path.suffix == ".md"]),
        len(drawn),
        len(present) - len(of_other_code) - len(without_values),
        tuple(of_other_code),
        tuple(without_values),
        tuple(without_checksum),
        tuple(others),
        messages,
    )


def _drawn_without_records(paper: Paper, folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The files of figures that need no records, and those among them that were changed since they were drawn. Whether
    they show what they say cannot be known from records."""
    names = [f"figure_{figure.id}" for figure in paper.figures if figure.needs != Needs.RUNS]
    found = [
        path
        for folder in folders
        for path in sorted((folder / "figures").glob("figure_*"))
        if any(path.stem == name or path.stem.startswith(f"{name}_") for name in names)
    ]
    checks = {".png": _is_as_drawn, ".svg": _is_as_drawn, ".md": counts_are_intact}
    return found, [path for path in found if path.suffix in checks and not checks[path.suffix](path)]


def _is_as_drawn(path: Path) -> bool:
    return state_of(path) != "changed"


def _say_yours(folder: Path) -> bool:
    """Whether the tables below a folder call their numbers the user's own, as they were made; the folder may have been
    moved since."""
    for path in folder.glob("table_*.md"):
        with suppress(OSError):  # named where it is compared
            if "| Your " in path.read_text(encoding="utf-8", errors="replace"):
                return True
    return False


def compare_overview(results: Path, out: Path) -> ComparedTables:
    """Make the list of all tables again, and compare it with that in the results.

    Args:
        out: a folder with the tables and records of the results, where the list is made.
    """
    with collected() as said, reading_once():
        made = write_overview(out)
    command = f"encore run PAPER --from-records --out {shell_word(results)}"
    remedy = f"If the tables are right, make it again: {command}, of any paper"
    faults = _differences(overview_file(results), made, remedy)
    if has_coverage := are_committed(results):
        coverage = out / COVERAGE_NAME
        write_text(coverage, coverage_of(results))
        faults += _differences(results / COVERAGE_NAME, coverage, remedy)
    return ComparedTables(
        tuple(faults), 1 + has_coverage, messages=tuple(line.replace(str(out), str(results)) for line in said)
    )


def _copy_other_tables(results: Path, out: Path, keys: Collection[str]) -> None:
    """Copy the tables that are of no paper; the list of all tables names them, too."""
    for table in results.glob("*/*/table_*.json"):
        place = table.relative_to(results)
        if place.parts[0] not in keys:
            (out / place).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(table, out / place)
            except OSError as error:
                warn(f"not in the list of tables: {table}: cannot be read ({error.strerror or error})")


def _copy_sources(paper: Paper, theirs: ResultPaths, mine: ResultPaths) -> None:
    """Copy what tables are made from, and make the tables that need no records."""
    mine.folder.mkdir()
    for name in _SOURCES:
        if (theirs.folder / name).is_dir():
            try:
                shutil.copytree(theirs.folder / name, mine.folder / name, ignore=_NO_SOURCE)
            except shutil.Error as error:  # all others were copied
                for path, _, reason in error.args[0]:
                    # The reason ends in the path.
                    warn(f"not used: {path}: cannot be read ({str(reason).partition(':')[0]})")
    for table in paper.tables_without_runs:
        if any((theirs.folder / f"table_{table.id}{form}").exists() for form in _FORMS):
            write_without_runs(paper, table, mine)


def _wrong_drawing(path: Path, expected: str, codes: set[str]) -> tuple[str, str] | None:
    """What the file of a figure is, and what it should be; None where it is that, or where other code drew it.

    Args:
        codes: digests of the code that draws figures here.
    """
    stated = stated_digest(path)
    if not stated:
        return "a file without the digest of what it was drawn from", f"a figure drawn from {_short(expected)}"
    if stated.partition(" by ")[2] not in codes:
        return None
    if stated != expected:
        return f"a figure drawn from {_short(stated)}", f"one drawn from {_short(expected)}, the digest of its values"
    return None


def _short(digest: str) -> str:
    return f"{digest[:_SHOWN_DIGITS]}..."


def _differences(theirs: Path, mine: Path, remedy: str) -> list[Fault]:
    """At most one fault: the file is missing, or its first difference."""
    expected = mine.read_bytes()
    if not theirs.is_file():
        return [Fault(theirs, "no such file", "the file that the records make", f"{remedy}.")]
    try:
        found = theirs.read_bytes()
    except OSError as error:
        return [_unreadable(theirs, error)]
    if found == expected:
        return []
    there, here, place = _first_difference(found, expected)
    return [Fault(theirs, there, here, f"{remedy}.", place)]


def _unreadable(path: Path, error: OSError) -> Fault:
    return Fault(path, f"a file that cannot be read ({error.strerror})", "a readable one", "Make it readable.")


def _by_table(faults: Sequence[Fault]) -> list[Fault]:
    """One fault for all forms of a table that differ from the records, as its Markdown file, if that does, has it."""
    of_table: dict[Path, list[Fault]] = {}
    for fault in faults:
        # Others, e.g. of missing files, stay as they are.
        table = fault.path.with_suffix("") if fault.place and fault.path.suffix in _FORMS else fault.path
        of_table.setdefault(table, []).append(fault)
    found = []
    for alike in of_table.values():
        first, *others = sorted(alike, key=lambda fault: _FORMS.index(fault.path.suffix))
        found.append(replace(first, others=tuple(fault.path for fault in others)))
    return found


def _first_difference(found: bytes, expected: bytes) -> tuple[str, str, str]:
    """The first place at which two texts differ, as each of them has it, and where that is; the place is empty where
    one of them is cut off."""
    one, other = (text.decode("utf-8", errors="replace").split("\n") for text in (found, expected))
    number = next((place for place, lines in enumerate(zip(one, other, strict=False)) if lines[0] != lines[1]), None)
    if number is None:
        number = min(len(one), len(other))
        return (
            *(
                f"{lines[number]!r:.60} in line {number + 1}" if number < len(lines) else f"no line {number + 1}"
                for lines in (one, other)
            ),
            "",
        )
    here, there = one[number], other[number]
    if cell := _first_cell(one, other, number):
        return cell
    column = next(
        (place for place, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]),
        min(len(here), len(there)),
    )
    first = max(0, column - _BEFORE)
    shown = [repr(line[first : column + _AFTER]) for line in (here, there)]
    return shown[0], shown[1], f"line {number + 1}"


def _first_cell(one: list[str], other: list[str], number: int) -> tuple[str, str, str] | None:
    """The first cells that differ in a line of two Markdown tables, and their row and column; None where the line is
    none of cells below the same header."""
    header = next((at for at in range(number - 1, 0, -1) if one[at].startswith("|---")), 0) - 1
    if header < 0 or not all(line.startswith("| ") for line in one[header + 2 : number + 1]):
        return None
    if one[header] != other[header]:
        return None
    heads, here, there = (
        [cell.strip() for cell in _CELL_END.split(line)[1:-1]] for line in (one[header], one[number], other[number])
    )
    if not len(heads) == len(here) == len(there):
        return None
    place = next((at for at, pair in enumerate(zip(here, there, strict=True)) if pair[0] != pair[1]), 0)
    if place == 0:
        return None
    return here[place] or "nothing", there[place] or "nothing", f"row {here[0]}, {heads[place]}"
