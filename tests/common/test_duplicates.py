"""The command that finds clips of the same recording: altered copies are found, and nothing else."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from common.cli.app import run_app
from common.core.errors import DataError
from common.core.files import with_digest
from common.duplicates import make_app
from common.leakage.scan import cached_scan
from common.reports.pages import write_overview
from data_pipeline.datasets import folder as own_folder
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.demo import corpus
from data_pipeline.duplicates.fingerprints import fingerprint_shards
from data_pipeline.duplicates.scan import Scan
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.windows.index import WindowSpec
from data_pipeline.windows.of_folder import folder_windows

RATE = corpus.SAMPLE_RATE

# The first two share drums, tempo and key like no others of the corpus.
CLIPS = [("hiphop", 5), ("hiphop", 6), ("rock", 1), ("rock", 2), ("jazz", 3), ("rock", 6), ("classical", 1)]


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Clips of the demo corpus with altered copies of some: (folder, pairs of the same recording)."""
    folder = tmp_path_factory.mktemp("planted")
    clips = {f"{genre}.{number:05d}": corpus.render_clip(genre, number) for genre, number in CLIPS}
    copies = {
        "hiphop.00005": ("encoded.mp3", lambda samples: samples),
        "rock.00001": ("encoded.ogg", lambda samples: samples),
        "jazz.00003": ("quiet.wav", lambda samples: 0.1 * samples),
        "classical.00001": ("later.wav", lambda samples: samples[int(3.37 * RATE) :]),
        "rock.00006": ("all.mp3", lambda samples: np.clip(2 * samples[int(11.9 * RATE) :], -1, 1)),
    }
    pairs = set()
    for name, samples in clips.items():
        place = folder / name.partition(".")[0]
        place.mkdir(exist_ok=True)
        soundfile.write(place / f"{name}.wav", samples, RATE, subtype="PCM_16")
        if name in copies:
            copy, alter = copies[name]
            soundfile.write(place / copy, alter(samples), RATE)
            pairs.add(tuple(sorted((f"{place.name}/{name}.wav", f"{place.name}/{copy}"))))
    same = folder / "classical" / "same.wav"
    same.write_bytes((folder / "classical" / "classical.00001.wav").read_bytes())
    (folder / "notes.txt").write_text("no audio")
    return folder, pairs


def test_planted_copies_are_found_and_nothing_else(planted, tmp_path, capsys):
    folder, pairs = planted
    places = ("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out"))
    assert run_app(make_app(), ["--folder", str(folder), *places]) == 0
    printed = capsys.readouterr()
    assert "not compared, because not of an audio format: 1 file: notes.txt" in printed.err.replace("\n", " ")
    lines = (tmp_path / "out" / "duplicates" / folder.name / "table_duplicates.csv").read_text().splitlines()
    found = {tuple(line.split(",")[:2]): line.split(",") for line in lines[1:]}
    exact = ("classical/classical.00001.wav", "classical/same.wav")
    # The shifted copy is a copy of both.
    later = ("classical/later.wav", "classical/same.wav")
    assert set(found) == pairs | {exact, later}
    assert found[exact][4] == "true"
    assert float(found[("classical/classical.00001.wav", "classical/later.wav")][3]) == pytest.approx(3.37, abs=0.1)
    assert float(found[later][3]) == pytest.approx(-3.37, abs=0.1)
    assert min(float(cells[2]) for cells in found.values()) > 0.85


def test_a_scan_is_kept_and_read_again(planted, tmp_path, monkeypatch):
    catalog = Catalog(
        dataset="two",
        title="two",
        genres=("rock",),
        tracks=tuple(
            Track(id=path.name, label="rock", path=path) for path in sorted((planted[0] / "rock").glob("rock.*"))
        ),
    )
    index = fingerprint_shards(catalog, None, tmp_path)
    first = cached_scan(index, tmp_path)
    monkeypatch.setattr("common.leakage.scan.find_duplicates", None)
    assert cached_scan(index, tmp_path) == first
    require_checked_scan(index, tmp_path, first)
    # Fingerprints that were extracted in another way may give other pairs.
    with pytest.raises(TypeError):
        cached_scan(index.replace(extraction_version=2), tmp_path)
    monkeypatch.setattr("common.leakage.scan.DECODING_VERSION", -1)
    with pytest.raises(TypeError):
        cached_scan(index, tmp_path)


def require_checked_scan(index, cache: Path, first: Scan) -> None:
    """An edited scan is refused; one of an earlier version, without a digest, is used."""
    (path,) = (cache / "duplicates").glob("*.json")
    written = json.loads(path.read_text())
    plain = {name: value for name, value in written.items() if name != "sha256"}
    for changed, said in (
        (written | {"scan": written["scan"] | {"clips": 99}}, "was edited"),
        (written | {"above": 0.99}, "was edited"),
        (
            with_digest({name: value for name, value in written.items() if name != "sha256"} | {"data": "other"}),
            "of other",
        ),
        ({name: value for name, value in written.items() if name not in ("sha256", "data")}, "not a scan"),
        (plain | {"sha257": ""}, "not a scan"),
        ({name: value for name, value in written.items() if name not in ("sha256", "scan")}, "not a scan"),
        ([], "not a scan"),
    ):
        path.write_text(json.dumps(changed))
        with pytest.raises(DataError, match=rf"{path.name}: .*{said}.* Delete it and run the same command again\."):
            cached_scan(index, cache)
    path.write_text(json.dumps({name: value for name, value in written.items() if name != "sha256"}))
    assert cached_scan(index, cache) == first


def test_arrays_of_samples_are_compared_by_their_spectra(tmp_path, capsys):
    rng = np.random.default_rng(0)
    samples = rng.integers(-9000, 9000, (3, 8 * 22050)).astype(np.int16)
    samples[2, :-4410] = samples[0, 4410:] // 4
    names = np.array(["a", "b", "c"])
    path = tmp_path / "samples.npz"
    np.savez(path, X=samples[:, None], name=names, genre=names, n_samples=np.full(3, 8 * 22050))
    arguments = ["--dataset", "arrays", "--data", str(path), "--cache", str(tmp_path), "--out", str(tmp_path / "out")]
    assert run_app(make_app(), arguments) == 0
    lines = (tmp_path / "out" / "duplicates" / "samples.npz" / "table_duplicates.csv").read_text().splitlines()
    assert lines[1].startswith("a,c,")
    assert len(lines) == 2
    # The list of tables names it, as `encore verify` makes that list again.
    listed = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "samples.npz/table_duplicates.md" in listed
    assert write_overview(tmp_path / "out").read_text(encoding="utf-8") == listed


def test_unusable_clips_are_named(planted, tmp_path, capsys):
    folder = tmp_path / "songs"
    folder.mkdir()
    for name in ("one.wav", "two.wav"):
        (folder / name).write_bytes((planted[0] / "rock" / "rock.00001.wav").read_bytes())
    for number in range(7):
        (folder / f"broken{number}.wav").write_bytes(b"RIFF, but no more")
    arguments = ["--folder", str(folder), "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    # The second time from the cache.
    for _ in range(2):
        assert run_app(make_app(), arguments) == 0
        printed = capsys.readouterr().err
        assert "not compared: 7 unusable clips: broken0.wav: does not decode as audio" in printed
        assert "; and 2 more" in printed
        assert ("broken4.wav" in printed, "broken5.wav" in printed) == (True, False)
    table = json.loads((tmp_path / "out" / "duplicates" / "songs" / "table_duplicates.json").read_text())
    assert list(table["unusable_clips"]) == [f"broken{number}.wav" for number in range(7)]
    assert "skip-bad" not in table["unusable_clips"]["broken0.wav"]
    assert (table["clips"], table["exact_pairs"]) == (2, 1)
    assert "broken6.wav" in (tmp_path / "out" / "duplicates" / "songs" / "table_duplicates.md").read_text()
    # A command that trains on the same clips is still stopped by them.
    with pytest.raises(DataError, match=r"broken0\.wav"):
        fingerprint_shards(own_folder.load(folder), None, tmp_path / "cache")


def test_more_than_two_equal_files_are_a_group_and_short_clips_are_named(planted, tmp_path, capsys):
    folder = tmp_path / "songs"
    folder.mkdir()
    for name in ("one.wav", "two.wav", "three.wav"):
        (folder / name).write_bytes((planted[0] / "rock" / "rock.00001.wav").read_bytes())
    soundfile.write(folder / "short.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 2 * RATE), RATE)
    places = ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    group = "one.wav = three.wav = two.wav (3 files)"
    # The second time from the cache.
    for _ in range(2):
        assert run_app(make_app(), ["--folder", str(folder), *places]) == 0
        assert f"The same bytes: {group}." in " ".join(capsys.readouterr().out.split())
    written = (tmp_path / "out" / "duplicates" / "songs" / "table_duplicates.md").read_text()
    assert group in written
    assert "- Compared by bytes only, because too short: short.wav." in written
    assert "1 clip is too short for that and was compared by its bytes." in written
    values = json.loads((tmp_path / "out" / "duplicates" / "songs" / "table_duplicates.json").read_text())
    assert (values["exact_pairs"], values["short_clips"]) == (3, ["short.wav"])


@pytest.mark.skipif(os.name == "nt", reason="names of files are bytes on POSIX only")
def test_names_that_are_not_valid_utf_8_are_scanned_printed_and_written(planted, tmp_path, capsys):
    folder = os.fsencode(tmp_path) + b"/m\xfcsic"
    os.mkdir(folder)
    content = (planted[0] / "rock" / "rock.00001.wav").read_bytes()
    for name in (b"caf\xe9.wav", b"two\nlines.wav", b"broken\xe9.wav", b"notes\xe9.txt"):
        with open(folder + b"/" + name, "wb") as file:
            file.write(content if b"broken" not in name else b"RIFF")
    places = ["--cache", str(tmp_path / "cache"), "--out", os.fsdecode(os.fsencode(tmp_path) + b"/o\xfct")]
    assert run_app(make_app(), ["--folder", os.fsdecode(folder), *places]) == 0
    printed = capsys.readouterr()
    assert r"notes\xe9.txt" in printed.err
    assert r"broken\xe9.wav: does not decode" in printed.err
    assert any(line.startswith(r"caf\xe9.wav ") and r"two\nlines.wav" in line for line in printed.out.splitlines())
    written = {path.suffix: path for path in Path(places[-1]).glob("duplicates/*/*")}
    assert pd.read_csv(written[".csv"]).iloc[0, :2].tolist() == [r"caf\xe9.wav", r"two\nlines.wav"]
    table = json.loads(written[".json"].read_text(encoding="utf-8"))
    assert [table["paper"], *table["unusable_clips"]] == [r"own folder m\xfcsic", r"broken\xe9.wav"]
    assert run_app(make_app(), ["--folder", os.fsdecode(folder), *places, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tables"][0]["rows"] == table["rows"]
    # Windows for training have the same names.
    found = folder_windows(
        os.fsdecode(folder), LogMel(n_mels=16), WindowSpec(seconds=5, hop_seconds=5), cache=tmp_path, skip_bad=True
    )
    assert set(found.clips) == {r"caf\xe9.wav", r"two\nlines.wav"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--folder", "nowhere"), "nowhere: does not exist"),
        (("--folder", ".", "--dataset", "gtzan"), "is used instead of --dataset and --data"),
        ((".", "--dataset", "gtzan"), ".: is used instead of --dataset and --data"),
        ((".", "--folder", "."), "., --folder .: are the same; give one folder."),
        (("nowhere",), "nowhere: does not exist"),
        (("--dataset", "gtzan"), "needs --data"),
    ],
)
def test_unusable_folders_and_datasets_are_refused(arguments, words, tmp_path, capsys):
    assert run_app(make_app(), [*arguments, "--cache", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err.replace("\n", " ")


def test_clips_too_short_to_compare_are_named_first_and_no_empty_table_is_printed(tmp_path, capsys):
    folder = tmp_path / "songs"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, seconds in (("one", 2), ("two", 3), ("three", 8)):
        soundfile.write(folder / f"{name}.wav", rng.uniform(-0.5, 0.5, seconds * RATE), RATE)
    places = ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    assert run_app(make_app(), ["--folder", str(folder), *places]) == 0
    printed = capsys.readouterr()
    assert "2 of 3 clips are shorter than 5 s: compared by their bytes only" in printed.err
    shown = " ".join(printed.out.split())
    assert "No pairs were found among 3 clips; 2 were too short to be compared by their sound." in shown
    assert "first clip" not in printed.out
    assert "all notes" not in printed.out
    # With pairs, too, it is said before the table.
    (folder / "same.wav").write_bytes((folder / "one.wav").read_bytes())
    assert run_app(make_app(), [str(folder), *places]) == 0  # the folder alone is enough
    printed = capsys.readouterr()
    assert "3 of 4 clips are shorter than 5 s" in printed.err
    assert printed.out.splitlines()[0] == "own folder songs: clips of the same recording"
    assert "the parts that hold" not in printed.out
    assert "the correlation of the fingerprints of their sound, 1 for the same sound. Shift: " in " ".join(
        printed.out.split()
    )
    written = (tmp_path / "out" / "duplicates" / "songs" / "table_duplicates.md").read_text()
    assert "Splits by fractions" not in written
    assert printed.out.splitlines()[-1].endswith("table_duplicates.md")
    assert any(line.startswith("one.wav ") and " same.wav " in line for line in printed.out.splitlines())
    assert "4 clips compared, 3 of them, which are too short for more, by their bytes only." in printed.out


def test_a_folder_is_the_same_as_a_data_set_and_on_its_own(planted, tmp_path, capsys):
    folder, _ = planted
    tables = []
    for named in (["--folder", str(folder)], ["--dataset", "folder", "--data", str(folder)]):
        out = tmp_path / named[0].strip("-")
        assert run_app(make_app(), [*named, "--cache", str(tmp_path / "cache"), "--out", str(out)]) == 0
        tables.append((out / "duplicates" / folder.name / "table_duplicates.csv").read_bytes())
    assert tables[0] == tables[1]
    assert run_app(make_app(), ["--folder", str(folder / "gone")]) == 2
    assert f"error: --folder {folder / 'gone'}: does not exist" in " ".join(capsys.readouterr().err.split())
