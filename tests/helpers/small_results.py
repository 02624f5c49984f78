"""A small results folder whose records, tables and figures all hold, made without training."""

from pathlib import Path

from common.cli.regenerate import regenerate
from common.records.identity import run_id
from common.records.paths import ResultPaths
from common.records.record import Record, write_record
from common.reports.figures.checksums import with_checksum
from common.reports.figures.files import digest_file
from reproductions.se_cnn.paper import PAPER
from tests.helpers.pictures import stand_in
from tests.helpers.se_cnn_records import record


def identified_record(row: int = -1, *, seed: int = 0, **changes) -> Record:
    """A record of table 5.1 with the id that its values have."""
    one = record(row, seed=seed, **changes)
    digests = {"data_digest": one.setting.data_digest, "split_digest": one.split_digest}
    return one.replace(run_id=run_id(experiment_digest=one.experiment_digest, fold=0, seed=seed, **digests))


def write_small_results(out: Path) -> ResultPaths:
    """Two seeds of one row and one seed of another, of SE-CNN on GTZAN, with tables; the files of figures hold no
    picture, only the digest of what they would be drawn from."""
    results = ResultPaths.of(out, "se_cnn", "gtzan")
    for one in (identified_record(), identified_record(seed=1, correct=240), identified_record(0, correct=200)):
        write_record(results, one)
    made = regenerate(PAPER, out, draw_figures=False)
    for path in {path for report in made.groups for path in report.files}:
        if path.parent == results.figures:
            path.write_bytes(picture(digest_file(path.with_suffix("")).read_text(), path.suffix))
    for path in results.figures.glob("*.digest"):
        path.unlink()
    return results


def picture(digest: str, suffix: str) -> bytes:
    """A file that is taken for a drawing of that digest."""
    return with_checksum(stand_in(suffix.removeprefix("."), f"drawn from {digest}"), suffix)
