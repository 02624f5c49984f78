"""`python -m common.duplicates ...`: clips of a dataset or folder that are the same recording, and their parts."""

from common.core.interrupts import end_on_signals, end_with

if __name__ == "__main__":
    end_on_signals()  # before the other imports, which take long

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from common.cli.app import run_app
from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions, Shown, print_tables
from common.core.console import say, warn
from common.core.errors import DataError, SpecError
from common.core.files import require_usable_folder, require_writable_folder
from common.core.interrupts import CACHE_IS_KEPT, keeps
from common.core.option_groups import DATA, WHAT
from common.core.words import counted, plural
from common.paper.protocol import PREDEFINED, Protocol
from common.records.paths import ResultPaths
from common.reports.table import Note, Table
from common.runs.options import DataOptions
from common.splits.clips import PARTS, split_ids
from data_pipeline.cache.shards import ShardTrack
from data_pipeline.datasets.about import OWN_FOLDER_VALUE, is_own_folder, path_name
from data_pipeline.datasets.catalog import BadTrack, Catalog
from data_pipeline.duplicates.scan import MIN_OVERLAP_SECONDS, SIMILARITY_THRESHOLD, Scan

# Pairs shown on screen; the files hold all of them.
_MOST_SHOWN = 60
# Clips that a warning names; the files name all of them.
_MOST_NAMED = 5


@dataclass(frozen=True)
class ScanOptions:
    """What the command takes besides the options of data."""

    directory: Annotated[
        Path | None,
        Argument(metavar="DIR", help="Any folder of audio, as --folder takes it. Without it: the data set."),
    ] = None
    folder: Annotated[
        Path | None,
        Option(
            metavar="DIR",
            rich_help_panel=DATA,
            help="Any folder of audio, instead of a data set. Its subfolders are the genres.",
        ),
    ] = None
    above: Annotated[
        float,
        Option(
            min=0.05,
            max=1.0,
            metavar="X",
            rich_help_panel=WHAT,
            help="Similarity from which two clips are one recording.",
        ),
    ] = SIMILARITY_THRESHOLD


def make_app() -> typer.Typer:
    """The command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    about = "Find clips that are the same recording: the same bytes, or re-encoded, louder, or cut differently."
    example = "encore duplicates ~/music"
    app.command(help=f"{about}\n\nExample: {example}", cls=HelpCommand)(
        # A scan leaves unusable clips out without a flag, too.
        command_of(_scan, DataOptions, ScanOptions, ScreenOptions, hidden=("skip_bad",))
    )
    return app


def _scan(options: DataOptions, asked: ScanOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    # Loaded here, because a help text does not need scipy, which takes half a second.
    from common.leakage.scan import cached_scan
    from common.reports.formats import write_table
    from common.reports.pages import write_overview
    from data_pipeline.datasets import registry
    from data_pipeline.datasets.folder import OWN_FOLDER
    from data_pipeline.duplicates.fingerprints import fingerprint_shards

    screen.apply()
    if None not in (asked.directory, asked.folder):
        raise SpecError(f"{asked.directory}, --folder {asked.folder}: are the same; give one folder.")
    folder, above = asked.directory or asked.folder, asked.above
    out, cache = options.out, options.cache
    require_writable_folder(out, flag="--out")
    require_usable_folder(cache, flag="--cache")
    if folder is not None and {"dataset", "data"} & set(flags.typed):
        given = f"--folder {folder}" if asked.directory is None else folder
        raise SpecError(f"{given}: is used instead of --dataset and --data; give one or the other.")
    if folder is not None:
        options = replace(options, dataset=OWN_FOLDER_VALUE, data=folder)
    elif options.dataset == "demo":
        say("reading the demo corpus ...")
    flag = "--data" if folder is None else "--folder" if asked.directory is None else "DIR"
    catalog, given = registry.load(replace(options.data_request, data_flag=flag, needs_genres=False))
    if catalog.missing:
        warn(f"{catalog.title}: {len(catalog.missing)} of {catalog.expected} clips are missing and not compared")
    if catalog.extra:
        files = counted(len(catalog.extra), "file")
        named = ", ".join(catalog.extra[:_MOST_NAMED]) + (", ..." if len(catalog.extra) > _MOST_NAMED else "")
        warn(f"not compared, because not of an audio format: {files}: {named}")
    keeps(CACHE_IS_KEPT)
    # One unusable file does not keep a whole library from being looked at.
    index = fingerprint_shards(catalog, given, cache, skip_bad=True, decoder=options.decoder)
    skipped = [*catalog.known_bad, *catalog.bad, *index.skipped]
    if skipped:
        named = "; ".join(f"{bad.id}: {bad.fault}" for bad in skipped[:_MOST_NAMED])
        more = f"; and {len(skipped) - _MOST_NAMED} more" if len(skipped) > _MOST_NAMED else ""
        warn(f"not compared: {counted(len(skipped), 'unusable clip')}: {named}{more}")
    scan = cached_scan(index, cache, above=above)
    if scan.too_short:
        clips = f"{scan.too_short} of {counted(scan.clips, 'clip')} {'is' if scan.too_short == 1 else 'are'}"
        warn(f"{clips} shorter than {MIN_OVERLAP_SECONDS:g} s: compared by their bytes only")
    table = scan_table(catalog, index.clips, scan, skipped)
    # A data set has one folder of results; a user may have many folders of audio and files of arrays.
    own = path_name(catalog.title.removeprefix(OWN_FOLDER))
    place = own if is_own_folder(catalog.dataset) or catalog.dataset == "arrays" else catalog.dataset
    stem = "table_duplicates" if above == SIMILARITY_THRESHOLD else f"table_duplicates_above_{above:g}"
    paths = write_table(ResultPaths.of(out, "duplicates", place).folder, stem, table)
    write_overview(out)  # lists the new table
    print_tables([Shown(table if screen.json else _first_pairs(table), paths[0])], paths, screen)
    if len(table.rows) > _MOST_SHOWN and not screen.json:
        say(f"shown: {_MOST_SHOWN} of {len(table.rows)} pairs; the files hold them all")
    return 0


def _first_pairs(table: Table) -> Table:
    """The table with no more pairs than are shown on screen."""
    values = table.values | {"rows": table.values["rows"][:_MOST_SHOWN]}
    return replace(table, values=values, rows=table.rows[:_MOST_SHOWN])


def scan_table(catalog: Catalog, clips: tuple[ShardTrack, ...], scan: Scan, skipped: list[BadTrack]) -> Table:
    """The table of pairs, with the parts that each split of the dataset puts the two clips in.

    Args:
        clips: that were scanned.
        skipped: clips that could not be scanned.
    """
    from common.leakage.duplicate_tables import (  # here: loads scipy, which a help text does not need
        duplicates_table,
        pair_notes,
    )

    assigned = {protocol.name: parts for protocol in _protocols(catalog) if (parts := _parts(protocol, catalog, clips))}
    near = len(scan.pairs) - scan.exact
    kinds = f"{scan.exact} exact duplicates (the same bytes), {near} near duplicates (by their sound)"
    splits = {
        name: [f"{part.get(pair.first, 'none')} / {part.get(pair.second, 'none')}" for pair in scan.pairs]
        for name, part in assigned.items()
    }
    values = {
        "paper": catalog.title,
        "table": "duplicates",
        "dataset": catalog.dataset,
        "protocol": "every split",
        "scale": "paper",
        "clips": scan.clips,
        "too_short_clips": scan.too_short,
        "exact_pairs": scan.exact,
        "near_pairs": len(scan.pairs) - scan.exact,
        "short_clips": list(scan.short),
        "same_bytes": list(map(list, scan.same_bytes)),
        "unusable_clips": {bad.id: bad.fault for bad in skipped},
    }
    pairs = f"{len(scan.pairs)} {plural(len(scan.pairs), 'pair')}"
    found = f"{scan.clips} clips compared with each other, {pairs} found: {kinds}."
    notes = [
        Note("method", found),
        *pair_notes(scan.above, scan.too_short),
    ]
    if scan.same_bytes:
        groups = "; ".join(f"{' = '.join(ids)} ({len(ids)} files)" for ids in scan.same_bytes)
        notes.append(Note("method", f"The same bytes in more than two files, of which each two are a pair: {groups}."))
    if scan.short:
        notes.append(Note("method", f"Compared by bytes only, because too short: {', '.join(scan.short)}."))
    if splits:
        notes.append(Note("splits", "Splits by fractions are those of seed 0, with the fractions in their name."))
    if skipped:
        listed = "; ".join(f"{bad.id}: {bad.fault}" for bad in skipped)
        notes.append(Note("left_out_clips", f"Not compared: {counted(len(skipped), 'unusable clip')}: {listed}."))
    return duplicates_table(values, scan.pairs, splits, notes)


def _protocols(catalog: Catalog) -> list[Protocol]:
    own = [Protocol(split=name) for name in PREDEFINED if name in catalog.splits]
    return [Protocol(), Protocol(split="artist"), *own]


def _parts(protocol: Protocol, catalog: Catalog, clips: tuple[ShardTrack, ...]) -> dict[str, str]:
    """Clip id -> part; empty where the dataset cannot be split so."""
    with suppress(SpecError, DataError):
        (split,) = split_ids(
            protocol,
            [clip.id for clip in clips],
            [clip.label for clip in clips],
            catalog.splits,
            [clip.artist for clip in clips],
        )
        return {clip: part for part in PARTS for clip in getattr(split, part)}
    return {}


if __name__ == "__main__":
    end_with(run_app(make_app()))
