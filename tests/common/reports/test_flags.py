"""Flags of tables follow from the kinds of their notes: figures and the list of tables never read the wording."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from common.leakage.overlap import Overlap
from common.leakage.stored import Audit, AuditedPair, AuditedSplit, StoredAudit
from common.leakage.tables import audit_duplicates_table, audit_table
from common.paper.overrides import Setting
from common.paper.tables import ResultTable, Row
from common.records.divergence import Divergence
from common.records.paths import ResultPaths
from common.records.record import PartCounts, Record, write_record
from common.reports.formats import write_table
from common.reports.pages import write_overview
from common.reports.table import FLAGS, Note, NoteKind, Table
from common.reports.tables.architecture import architecture_table
from common.reports.tables.legacy import legacy_table
from common.reports.tables.pairs import paired_table
from common.reports.tables.results import results_table
from common.reports.text.caption import flag_summary
from common.search.folder import SearchFolder, TrialNote, identity_of
from common.search.journal import TrialState
from common.search.table import StoredSearch, search_table
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.se_cnn_records import FACTS, GPU, SETTING, divergence_note, record
from tests.helpers.tiny_search import TINY

# Flag -> how figures name it, and how the column "reduced" of the list of tables does; None where they do not.
WORDS: dict[NoteKind, tuple[str | None, str | None]] = {
    "smoke_scale": ("smoke scale", "smoke scale"),
    "reduced_features": ("reduced features", "features"),
    "reduced_network": ("reduced network", "network"),
    "reduced_windows": ("reduced windows", "windows"),
    "fewer_epochs": ("fewer epochs", "epochs"),
    "bfloat16": (None, "bfloat16"),
    "changed_values": ("changed: training.batch_windows=16", "changed values: `training.batch_windows=16`"),
    "excerpts": ("excerpts of clips", "excerpts"),
    "legacy_metric": (None, "legacy metric"),
    "other_classes": ("other classes", "classes"),
    "other_data": (None, "other data"),
    "incomplete": ("incomplete", "incomplete"),
    "synthetic": ("synthetic audio", "synthetic audio"),
    "contaminated": ("contaminated", "contaminated"),
    "diverged": ("some runs diverged", "diverged"),
    "one_seed": ("one seed", None),
    "one_seed_in_some_rows": ("one seed in some rows", None),
}
ROW = TABLE_5_1.rows[-1]
# Words that captions, warnings and figures use for flags.
LOUD = (
    "SMOKE SCALE, REDUCED FEATURES, REDUCED NETWORK, REDUCED WINDOWS, at most 5 epochs instead of 50, mixed_bfloat16, "
    "CHANGED by the command, excerpts of clips, LEGACY METRIC, OTHER CLASSES, OTHER DATA, INCOMPLETE, synthetic audio, "
    "CONTAMINATED, DIVERGED, ONE SEED: ONE SEED in 5"
)
REWORDINGS = {
    "nothing in particular": lambda text, number: f"Sentence {number} says nothing in particular.",
    "in lower case": lambda text, number: f"{number}. {text.lower()}",
    "the words of every flag": lambda text, number: f"{LOUD}, {number}",
    "warnings begin otherwise": lambda text, number: f"Beware: {LOUD}",
}
ALL_GENRES = FACTS.replace(genres=tuple("abcdefghij"))


def plain(row: int = -1, **changes) -> Record:
    """A run at the paper's own settings, on all genres, that only lacks further seeds."""
    return record(row, **{"data": ALL_GENRES, "parts": WHOLE, **changes})


WHOLE = {
    part: PartCounts(clips=clips, windows=19 * clips) for part, clips in (("train", 600), ("valid", 110), ("test", 290))
}


def every_row(**changes) -> list[Record]:
    """Two seeds of every row."""
    return [plain(row, seed=seed, **changes) for row in range(len(TABLE_5_1.rows)) for seed in range(2)]


def results(*records: Record, diverged: tuple[Divergence, ...] = ()) -> Table:
    return results_table(PAPER, TABLE_5_1, records[0].setting, list(records), diverged)


def with_experiment(**changes) -> Table:
    """One run whose experiment differs from its row's."""
    return results(plain(experiment=ROW.experiment.replace(**changes).as_json()))


def with_setting(**changes) -> Table:
    return results(plain(setting=SETTING.replace(**changes)))


def committed_twin(table: ResultTable, row: Row, setting: Setting, runs: Collection[str]) -> dict:
    """Committed numbers that equal those of two own runs."""
    measured = results(plain(), plain(seed=1)).values["rows"][-1]["measured"]
    twin = {"path": "results/x.md", "data": "GTZAN", "runs": 2, "epochs": 5, "reduced": ["fewer_epochs"]}
    return {"measured": measured, **twin}


def at_smoke_scale() -> Table:
    """A smaller network on fewer windows, with other features."""
    experiment = ROW.experiment.with_values({"model.widths": (2, 2, 2, 2, 2), "windows.hop_seconds": 2.0})
    setting = SETTING.replace(scale="smoke", features="given")
    return results(plain(setting=setting, experiment=experiment.as_json()))


def of_folds(*folds: tuple[int, int]) -> list[Record]:
    """Runs of (fold, seed), whose accuracy depends on both."""
    return [
        plain(seed=seed, fold=fold, folds=2, correct=200 + 20 * fold + 3 * seed, run_id=f"fold{fold}seed{seed}")
        for fold, seed in folds
    ]


def audit_of(folder: Path) -> StoredAudit:
    """An audit of two splits, of which the second has no run, that found one pair of duplicates."""
    paths = ResultPaths.of(folder, "se_cnn", "gtzan")
    run = plain(run_id="audited")
    others = len(run.data.genres) - 2
    decided = [
        clip.replace(votes=(*clip.votes, *[0] * others), mean_softmax=(*clip.mean_softmax, *[0.0] * others))
        for clip in run.clips
    ]
    write_record(paths, run.replace(clips=tuple(decided)))
    overlap = Overlap(
        parts={"train": 600, "valid": 110, "test": 290}, clips=0, artists=3, nameless=1, exact_pairs=1, near_pairs=0,
        met=4,
    )  # fmt: skip
    audit = Audit(
        paper="se_cnn",
        row=PAPER.default_row,
        setting=SETTING,
        regimes=(
            AuditedSplit(key="clips", title="", means="", runs=(run.run_id,), overlap=overlap),
            AuditedSplit(key="official", title="", means="", unavailable="no such split"),
        ),
        pairs=(
            AuditedPair(first="a", second="b", similarity=1, shift_seconds=0, exact=True, parts=("train / test", "")),
        ),
        scanned=1000,
        too_short=0,
        above=0.9,
    )
    return StoredAudit(audit, paths.audits / "audit.json")


def search_of(folder: Path, setting: Setting) -> Table:
    """A search whose only trial was trained."""
    paths = ResultPaths.of(folder, "se_cnn", "gtzan").search("tiny")
    run = record(setting=setting, run_id="trial", test_withheld=True, clips=(), data=ALL_GENRES, parts=WHOLE)
    identity = identity_of(
        TINY, paper="se_cnn", setting=setting.as_json(), objective="val_accuracy", seed=0, runs_per_trial=1, initial=3,
        trials=1,
    )  # fmt: skip
    trial = TrialState("0", {"r": 3.0, "widths": "4,4,4,8,4"}, "COMPLETED", 0.6)
    notes = {"0": TrialNote("0", ("trial",), 1, 1.0)}
    return search_table(PAPER, StoredSearch(SearchFolder(paths), identity, [trial], notes, {"trial": run}))


# Case -> (makes a table in a folder, the flags that it must have, in order).
CASES: dict[str, tuple] = {
    "several seeds of all rows": (lambda _: results(*every_row()), ()),
    "one seed": (lambda _: results(plain()), ("one_seed",)),
    "one seed in some rows": (lambda _: results(*every_row()[:-1]), ("one_seed_in_some_rows",)),
    "smoke scale": (
        lambda _: at_smoke_scale(),
        ("smoke_scale", "reduced_features", "reduced_network", "reduced_windows", "one_seed"),
    ),
    "fewer epochs": (
        lambda _: with_experiment(training=ROW.experiment.training.replace(epochs=5)),
        ("fewer_epochs", "one_seed"),
    ),
    "bfloat16": (
        lambda _: with_experiment(training=ROW.experiment.training.replace(precision="mixed_bfloat16")),
        ("bfloat16", "one_seed"),
    ),
    "changed values": (
        lambda _: with_setting(changes=("training.batch_windows=16",)),
        ("changed_values", "one_seed"),
    ),
    "excerpts": (
        lambda _: results(plain(data=ALL_GENRES.replace(caption="excerpts of 5 s"))),
        ("excerpts", "one_seed"),
    ),
    "copies with loss": (lambda _: results(plain(data=ALL_GENRES.replace(caption="MP3 copies"))), ("one_seed",)),
    "legacy metric": (
        lambda _: legacy_table(
            replace(PAPER, legacy_batches={"train": 32, "valid": 16}), TABLE_5_1, SETTING, every_row()
        ),
        ("legacy_metric",),
    ),
    "other classes": (
        lambda _: results(plain(data=ALL_GENRES.replace(genres=("a", "b")))),
        ("other_classes", "one_seed"),
    ),
    "other data": (lambda _: with_setting(dataset="fma_small"), ("other_data", "one_seed")),
    "synthetic audio": (lambda _: with_setting(dataset="demo"), ("other_data", "synthetic", "one_seed")),
    "missing clips": (
        lambda _: results(plain(data=ALL_GENRES.replace(clips=990, missing=10))),
        ("incomplete", "one_seed"),
    ),
    "missing folds": (lambda _: results(*of_folds((0, 0))), ("incomplete", "one_seed")),
    "all folds": (lambda _: results(*of_folds((0, 0), (1, 0), (0, 1), (1, 1))), ()),
    "contaminated": (lambda _: results(plain(shared_clips=100)), ("contaminated", "one_seed")),
    "diverged": (
        lambda _: results(
            plain(history=tuple({"epoch": n, "loss": loss} for n, loss in enumerate((1.6, 0.4, 9.0), start=1)))
        ),
        ("diverged", "one_seed"),
    ),
    "diverged without a result": (lambda _: results(plain(0), diverged=(divergence_note(),)), ("diverged", "one_seed")),
    "machines, weights and unusable clips": (
        lambda _: results(
            *every_row(weights="imagenet=0123", data=ALL_GENRES.replace(skipped=1, skipped_clips=("x",))),
            plain(seed=2, machine=GPU, weights="imagenet=0123"),
        ),
        (),
    ),
    "too accurate": (lambda _: results(*every_row(correct=290)), ()),
    "rows on other clips": (
        lambda _: results(plain(0), plain(split_digest="another", finished_at="2025-01-01T00:00:00+00:00")),
        ("one_seed",),
    ),
    "another split": (
        lambda _: results_table(replace(PAPER, published_split="official"), TABLE_5_1, SETTING, every_row()),
        (),
    ),
    "rows that were run as the same experiment": (
        lambda _: results_table(
            PAPER, TABLE_5_1, SETTING, [one.replace(experiment_digest="of all rows") for one in every_row()]
        ),
        (),
    ),
    "unverified numbers": (
        lambda _: results_table(PAPER, TABLE_5_1.replace(notes=("UNVERIFIED: a, b.",)), SETTING, every_row()),
        (),
    ),
    "committed numbers beside": (
        lambda _: results_table(PAPER, TABLE_5_1, SETTING, every_row(), committed=committed_twin),
        (),
    ),
    "pairs of rows": (lambda _: paired_table(PAPER, TABLE_5_1, SETTING, every_row()), ()),
    "layers": (lambda _: architecture_table(PAPER, PAPER.architecture[0], "gtzan"), ()),
    "audit": (lambda folder: audit_table(PAPER, audit_of(folder)), ("one_seed",)),
    "search": (lambda folder: search_of(folder, SETTING), ()),
    "search over windows": (lambda folder: search_of(folder, SETTING.replace(unit="segment")), ("contaminated",)),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, Table]:
    return {name: make(tmp_path_factory.mktemp("case")) for name, (make, _) in CASES.items()}


def reworded(table: Table, rewording: str) -> Table:
    """The table with other sentences of the same kinds, and nothing else changed."""
    say = REWORDINGS[rewording]

    def again(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(replace(note, text=say(note.text, number)) for number, note in enumerate(notes))

    return replace(table, notes=again(table.notes), warnings=again(table.warnings))


def kinds(table: Table) -> list[NoteKind]:
    return [note.kind for note in (*table.notes, *table.warnings)]


def in_figures(table: Table) -> set[str]:
    """The flags that a figure of the table names, in its words."""
    named = flag_summary(table).replace("\n", " ").split(", ")
    return {words for words, _ in WORDS.values() if words in named}


def column_reduced(table: Table, out: Path) -> list[str]:
    """What the list of all tables says of the table in its last column."""
    write_table(ResultPaths.of(out, "se_cnn", "gtzan").folder, "table_x", table)
    (line,) = [line for line in write_overview(out).read_text(encoding="utf-8").splitlines() if "table_x.md" in line]
    cell = line.removesuffix("|").rpartition("|")[2].strip()
    return cell.split(", ") if cell else []


def require_flags(table: Table, flags: tuple[NoteKind, ...], out: Path) -> None:
    """All three places that show flags agree."""
    assert tuple(table.flags) == flags
    assert table.as_json()["flags"] == list(flags)
    assert column_reduced(table, out) == [WORDS[flag][1] for flag in flags if WORDS[flag][1]]
    if "setting" in table.values:  # figures are drawn of tables of runs only
        assert in_figures(table) == {WORDS[flag][0] for flag in flags} - {None}


def test_the_cases_cover_every_kind_of_note(tables):
    assert {kind for table in tables.values() for kind in kinds(table)} == set(get_args(NoteKind))
    assert {flag for _, flags in CASES.values() for flag in flags} == set(FLAGS) == set(WORDS)


@pytest.mark.parametrize("case", CASES)
def test_a_table_has_the_flags_of_its_results(tables, tmp_path, case):
    require_flags(tables[case], CASES[case][1], tmp_path)


@pytest.mark.parametrize("rewording", REWORDINGS)
@pytest.mark.parametrize("case", CASES)
def test_flags_do_not_depend_on_the_wording(tables, tmp_path, case, rewording):
    table = reworded(tables[case], rewording)
    assert kinds(table) == kinds(tables[case])
    assert all(new.text != old.text for new, old in zip(table.notes, tables[case].notes, strict=True))
    require_flags(table, CASES[case][1], tmp_path)


@pytest.mark.parametrize("rewording", REWORDINGS)
def test_the_notes_that_companion_tables_share_do_not_depend_on_the_wording(tables, tmp_path, rewording):
    whole, pairs = tables["several seeds of all rows"], tables["pairs of rows"]
    without = ("intervals", "spread")
    assert {"intervals", "spread"} < set(kinds(whole))
    merged = pairs.with_notes_of(reworded(whole, rewording), without=without)
    assert kinds(merged) == kinds(pairs.with_notes_of(whole, without=without))
    assert not {"intervals", "spread"} & set(kinds(merged))
    stored = audit_of(tmp_path)
    audit = audit_table(PAPER, stored)
    duplicates = audit_duplicates_table(PAPER, stored, reworded(audit, rewording))
    assert kinds(duplicates) == kinds(audit_duplicates_table(PAPER, stored, audit)) == ["data", "method", "method"]
