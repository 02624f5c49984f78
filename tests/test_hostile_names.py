"""Names of folders, genres, clips and artists that some format takes for more than a name: whatever commands write and
print, they are text in it."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from common.cli.app import run_app
from common.cli.regenerate import regenerate
from common.core.console import set_verbosity
from common.core.files import write_json
from common.core.words import stored_name
from common.duplicates import make_app as make_duplicates
from common.encore.main import make_command
from common.metrics.clips import accuracies
from common.records.identity import run_id
from common.records.paths import ResultPaths
from common.records.record import DataFacts, Record, write_record
from common.reports.pages import write_overview
from data_pipeline.datasets.about import own_folder_key
from reproductions.se_cnn.paper import PAPER as SE_CNN
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION
from tests.helpers.hostile_names import FORMULAS, HOSTILE_NAMES, shown
from tests.helpers.outputs_as_text import markdown_cells, require_markdown, require_plain, require_text_files
from tests.helpers.own_folder import write_song
from tests.helpers.se_cnn_records import clips
from tests.helpers.se_cnn_records import record as se_cnn_record
from tests.helpers.soundfusion_records import record as soundfusion_record

FOLDER = "; rm -rf ~ 'q' $(x) [red]|\nerror: y\x1b]0;z\x07\u202e=A1"
GENRES = ("=cmd|' C calc'!A0", "a\x1b[31mb", "ro\u200bck", "[b]<i>$_^")
FILE_NAMES = [name for name in HOSTILE_NAMES if not set(name) & set("/\0")]
IN_TAGS = [name for name in HOSTILE_NAMES if not set(name) & set("\0\udce9")]


@dataclass(frozen=True)
class Hostile:
    """A folder of songs with such names, and what commands write about it.

    Args:
        below: an empty folder at first, which holds the others.
    """

    below: Path

    @property
    def songs(self) -> Path:
        return self.below / FOLDER

    @property
    def out(self) -> Path:
        """A folder that has to be quoted in a shell, too."""
        return self.below / "my 'results'\t; x"

    @property
    def cache(self) -> Path:
        return self.below / "cache"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Hostile:
    made = Hostile(tmp_path_factory.mktemp("names"))
    for number, name in enumerate(FILE_NAMES):
        genre, artist = GENRES[number % len(GENRES)], IN_TAGS[number % len(IN_TAGS)]
        write_song(made.below / "new.flac", artist=artist, seconds=3.3, sample_rate=8000, seed=number)
        (made.songs / genre).mkdir(parents=True, exist_ok=True)
        # Not written there: soundfile takes no name with bytes that are no UTF-8.
        (made.below / "new.flac").rename(made.songs / genre / f"{name}.flac")
    first = made.songs / GENRES[0]
    shutil.copyfile(next(first.iterdir()), first / "=1+1|copy.flac")
    (made.songs / GENRES[1] / "-y \x1b[2J.m4a").write_bytes(b"no audio")
    (made.songs / GENRES[1] / "[red]notes\u202e.txt").write_text("x")
    return made


@pytest.fixture
def encore(capsys):
    """Run a command line; returns standard output and error, after a check of all that was printed."""

    def run(*arguments: object, codes: tuple[int, ...] = (0,), app=None) -> tuple[str, str]:
        try:
            code = run_app(app or make_command(), list(map(str, arguments)))
        finally:
            set_verbosity("normal")
        printed = capsys.readouterr()
        require_plain(printed.out, "standard output")
        require_plain(printed.err, "standard error")
        # A line break in a name begins no line.
        assert [line for line in printed.err.splitlines() if line.startswith("error: y")] == []
        assert code in codes, printed
        return printed.out, printed.err

    return run


def words_of(command: str) -> list[str]:
    """The words of a command as a shell takes them."""
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True)
    return done.stdout.decode(errors="surrogateescape").split("\0")[:-1]


def test_the_check_of_a_folder_shows_names_as_text(hostile, encore):
    page, _ = encore("data", "folder", hostile.songs, "--out", hostile.out, codes=(0, 1))
    assert {"[b]<i>$_^", r"a\x1b[31mb", r"ro\u200bck"} <= set(re.findall(r"(?m)^(\S+)  +\d+ ", page))
    (command,) = re.findall("(?m)^Run one: (.*)$", page)
    words = words_of(command)
    assert words[words.index("--data") + 1] == str(hostile.songs)
    values = json.loads(encore("data", "folder", hostile.songs, "--out", hostile.out, "--json", codes=(0, 1))[0])
    assert set(values["by_genre"]) == set(map(stored_name, GENRES))


def test_duplicates_are_written_as_text(hostile, encore):
    arguments = (hostile.songs, "--cache", hostile.cache, "--out", hostile.out)
    page, _ = encore(*arguments, app=make_duplicates())
    (first,) = re.findall("(?m)^open first: (.*)$", page)
    assert Path(*words_of(first)).is_file()
    assert "=1+1|copy.flac" in page
    encore(*arguments, "--wide", "--verbose", app=make_duplicates())
    json.loads(encore(*arguments, "--json", app=make_duplicates())[0])
    written = hostile.out / "duplicates"
    assert require_text_files(written) == {".md", ".csv", ".tex", ".json"}
    (markdown,) = written.rglob("*.md")
    assert any("=1+1|copy.flac" in cell for cell in markdown_cells(markdown.read_text(encoding="utf-8")))
    (table,) = written.rglob("*.csv")
    frame = pd.read_csv(table)
    assert frame["similarity"].dtype.kind == "f"
    assert any(name.startswith("'=cmd") for name in frame["first_clip"])
    json.loads((next(written.rglob("*.json"))).read_text(encoding="utf-8"))


def hostile_record(one: Record, dataset: str) -> Record:
    """A record with names that no loading has looked at, as records of others may have them."""
    genres = (*HOSTILE_NAMES, "\ud800", "a\n\nb")
    facts = DataFacts(
        title="own folder " + FOLDER, caption="\n\n".join(HOSTILE_NAMES), genres=genres, clips=1000, expected=1200,
        skipped=2, skipped_clips=tuple(HOSTILE_NAMES), clip_accuracy_ceiling_percent=None,
    )  # fmt: skip
    found = tuple(
        clip.replace(
            id=f"{number} {HOSTILE_NAMES[number % len(HOSTILE_NAMES)]}",
            label=number % len(genres),
            votes=tuple(2 * (place == number % 7) for place in range(len(genres))),
            mean_softmax=tuple(float(place == number % 7) for place in range(len(genres))),
            windows_correct=2 * (number % len(genres) == number % 7),
        )
        for number, clip in enumerate(clips(100, 200))
    )
    one = one.replace(
        setting=one.setting.replace(dataset=dataset, genres=(HOSTILE_NAMES[0], "a\x1b\n`|")),
        data=facts,
        machine={"processor": "a|b\x1b[31m<b>", "threads": 2, "backend": "`\n=x"},
        protocol="|\x1b\n$x$ _y_",
        clips=found,
        metrics={"test": accuracies(found)},
    )
    digests = {"data_digest": one.setting.data_digest, "split_digest": one.split_digest}
    return one.replace(run_id=run_id(experiment_digest=one.experiment_digest, fold=0, seed=one.seed, **digests))


def test_tables_of_records_are_text_whatever_the_records_hold(hostile, encore):
    dataset = own_folder_key(hostile.songs)
    made = [se_cnn_record(row, seed=seed) for row, seed in ((-1, 0), (-1, 1), (0, 0))]
    made += [soundfusion_record("performance", row, [(0, 0)]) for row in ("SoundFusion-1", "ResNet1D-m")]
    for one in made:
        write_record(ResultPaths.of(hostile.out, one.paper, dataset), hostile_record(one, dataset))
    for paper in (SE_CNN, SOUNDFUSION):
        regenerate(paper, hostile.out)
    assert require_text_files(hostile.out) == {".md", ".csv", ".tex", ".json"}
    (table,) = ResultPaths.of(hostile.out, "soundfusion", dataset).folder.glob("table_confusion_1_*.csv")
    named = set(pd.read_csv(table, keep_default_na=False)["true_genre"])
    assert {FORMULAS.get(name, shown(name)) for name in HOSTILE_NAMES} <= named
    _, said = encore("show", "se_cnn", "--table", "5.1", "--out", hostile.out)
    (command,) = re.findall("(?m)rows not run yet: (encore run .*)$", said)
    words = words_of(command)
    assert words[words.index("--out") + 1] == str(hostile.out)
    assert "a\x1b\n`|" in words
    for arguments in (
        ("se_cnn", "--table", "5.1", "--wide"),
        ("soundfusion", "--table", "performance", "--json"),
        ("soundfusion", "--table", "confusion_1"),
        ("soundfusion", "--table", "confusion_1", "--wide"),
    ):
        encore("show", *arguments, "--out", hostile.out, codes=(0, 1))
    next((hostile.out / "se_cnn").rglob("table_5.1*.md")).write_text("x", encoding="utf-8")
    page, _ = encore("verify", hostile.out, "--verbose", "--cache", hostile.below, codes=(1,))
    (command,) = set(re.findall("make it again: (encore run se_cnn .*)[.]$", page, re.MULTILINE))
    assert words_of(command)[-1] == str(hostile.out)


def test_the_list_of_tables_is_text_whatever_tables_of_others_hold(tmp_path):
    nasty = "<b>`|_x_ $y$ \x1b\n\n# z\u202e"
    named = dict.fromkeys(("paper", "table", "title", "dataset", "protocol", "scale", "data"), nasty)
    values = {
        **named,
        **{"caption": [], "warnings": [], "flags": ["changed_values"], "rows": [{"label": nasty}]},
        "setting": {"dataset": nasty, "split": nasty, "unit": nasty, "changes": [f"{nasty}=1"]},
        **{"companions": [{"table": nasty}], "assumed": [nasty, "``"]},
    }
    folder = tmp_path / "a](b)|_c_" / "d `e`\x1b"
    folder.mkdir(parents=True)
    write_json(folder / "table_1.json", values)
    page = write_overview(tmp_path).read_text(encoding="utf-8")
    require_plain(page, "the list")
    require_markdown(page)
    visible = r"<b>`|_x_ $y$ \x1b  # z\u202e"
    cells = markdown_cells(page)[9:]
    assert cells[0] == f"{visible}: {visible}; below it: {visible}"
    assert cells[1:3] == [visible, visible]
    assert cells[-1] == f"changed values: {visible}=1"
    assert "[why](a%5D%28b%29%7C_c_/README.md)" in page


def test_errors_and_what_to_do_about_them_are_text(hostile, encore):
    for arguments in (
        ("data", "folder", hostile.below / "gone\nerror: y\x1b[2J"),
        ("data", FOLDER),
        ("run", FOLDER),
        ("verify", hostile.below / FOLDER / "gone"),
        ("run", "se_cnn", "--row", FOLDER),
        ("run", "se_cnn", "--set", f"{FOLDER}=1"),
        ("run", "se_cnn", f"--{FOLDER}"),
        ("tune", "se_cnn", "--name", FOLDER),
        ("run", "se_cnn", "--dataset", "folder", "--data", hostile.songs, "--genres", FOLDER),
        ("run", "se_cnn", "--dataset", "folder", "--data", hostile.songs, "--row", "0", "--out", hostile.out),
    ):
        encore(*arguments, codes=(2,))
