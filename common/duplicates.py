"""`python -m common.duplicates ...`: clips of a dataset or folder that are one recording, and where splits put them."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from common.cli import flags
from common.cli.app import print_tables, run_app
from common.core.console import say, warn
from common.core.errors import DataError, SpecError
from common.core.files import require_writable_folder
from common.leakage.audit import cached_scan
from common.leakage.tables import SHIFT_TEXT, comparison_text, duplicates_table
from common.paper.protocol import PREDEFINED, Protocol
from common.reports.formats import write_table
from common.runs.plan import require_usable
from common.splits.clips import PARTS, split_ids
from data_pipeline.cache.shards import ShardTrack
from data_pipeline.datasets import registry
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.datasets.folder import load_folder
from data_pipeline.duplicates.fingerprints import fingerprint_shards
from data_pipeline.duplicates.scan import SIMILARITY_THRESHOLD, Scan

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
# Some in every folder; more are in the files that are written.
_MOST_SHOWN = 60


@app.command()
def command(
    dataset: flags.Dataset = "demo",
    data: flags.Data = None,
    folder: Annotated[
        Path | None, typer.Option(help="Any folder of audio files instead of a dataset; their folders are the genres.")
    ] = None,
    above: Annotated[
        float, typer.Option(min=0.05, max=1.0, help="Similarity from which on two clips count as one recording.")
    ] = SIMILARITY_THRESHOLD,
    seconds_per_column: flags.SecondsPerColumn = None,
    decoder: flags.DecoderFlag = "soundfile",
    cache: flags.Cache = Path("~/.cache/encore"),
    out: flags.Out = Path("results"),
    skip_bad: flags.SkipBad = False,
) -> int:
    """Find clips that are one recording: the same bytes, or re-encoded, louder, or cut elsewhere."""
    out, cache = out.expanduser(), cache.expanduser()
    require_writable_folder(out, flag="--out")
    require_writable_folder(cache, flag="--cache")
    if folder is not None and (data is not None or dataset != "demo"):
        raise SpecError(f"--folder {folder}: takes the place of --dataset and --data; give one or the other.")
    if folder is not None:
        catalog, given = load_folder(folder), None
    else:
        catalog, given = registry.load(dataset, data, cache, seconds_per_column=seconds_per_column)
    if catalog.missing:
        warn(f"{catalog.title}: {len(catalog.missing)} of {catalog.expected} clips are missing and not compared")
    if catalog.extra:
        warn(f"{len(catalog.extra)} files are no clips and not compared: {', '.join(catalog.extra[:5])}")
    require_usable(catalog, skip_bad=skip_bad)
    index = fingerprint_shards(catalog, given, cache, skip_bad=skip_bad, decoder=decoder)
    left_out = [bad.id for bad in (*catalog.known_bad, *catalog.bad, *index.skipped)]
    if left_out:
        warn(f"{len(left_out)} unusable clips are not compared: {', '.join(left_out[:5])}")
    values = of_scan(catalog, index.clips, cached_scan(index, cache, above=above), left_out)
    # Of a data set there is one; folders and files of arrays are somebody's own, and several.
    own = folder is not None or catalog.dataset == "arrays"
    place = re.sub(r"[^A-Za-z0-9._-]+", "_", catalog.title) if own else catalog.dataset
    stem = "table_duplicates" if above == SIMILARITY_THRESHOLD else f"table_duplicates_above_{above:g}"
    paths = write_table(out / "duplicates" / place, stem, values)
    shown = values | {"rows": values["rows"][:_MOST_SHOWN]}
    print_tables([shown], paths)
    if len(values["rows"]) > _MOST_SHOWN:
        say(f"shown: {_MOST_SHOWN} of {len(values['rows'])} pairs; the files hold them all")
    return 0


def of_scan(catalog: Catalog, clips: tuple[ShardTrack, ...], scan: Scan, left_out: list[str]) -> dict[str, Any]:
    """The table of pairs as JSON values, with the parts that each split of the dataset puts the two clips in.

    Args:
        clips: that were scanned.
        left_out: ids of clips that could not be.
    """
    splits = {protocol.name: parts for protocol in _protocols(catalog) if (parts := _parts(protocol, catalog, clips))}
    kinds = f"{scan.exact} with the same bytes, {len(scan.pairs) - scan.exact} by their sound"
    regimes = {
        name: [f"{part.get(pair.first, 'none')} / {part.get(pair.second, 'none')}" for pair in scan.pairs]
        for name, part in splits.items()
    }
    return duplicates_table(scan.pairs, regimes) | {
        "paper": catalog.title,
        "table": "duplicates",
        "dataset": catalog.dataset,
        "protocol": "every split",
        "scale": "paper",
        "caption": [
            f"{scan.clips} clips compared with each other, {len(scan.pairs)} pairs found: {kinds}.",
            comparison_text(scan.above, scan.too_short),
            SHIFT_TEXT,
            "Splits by fractions are those of seed 0 of clips, in the shares of their name.",
            *([f"{len(left_out)} unusable clips were not compared: {', '.join(left_out[:20])}."] if left_out else []),
        ],
    }


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
    sys.exit(run_app(app))
