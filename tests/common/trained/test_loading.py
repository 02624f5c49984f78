"""A network built again from its record decides as it did when it was evaluated."""

import io
import json
import re
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import soundfile
import soxr

import reproductions
from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import DataError, SpecError
from common.core.trailers import TRAILER_BYTES
from common.records.paths import ResultPaths, RunPaths
from common.records.record import Record, SecondInput, read_record, write_record
from common.trained import load_trained
from common.trained.network import Trained
from common.training.model_cache import build_network
from common.training.weights import copy_weights, digest_of_weights, save_weights
from data_pipeline.windows.standardisation import Standardisation
from reproductions.embeddings.paper import PAPER as embeddings
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import record

pytestmark = pytest.mark.usefixtures("kept_models")

ROW = ("--table", "5.1", "--row", "5", "--seeds", "1", "--epochs", "2")
GENRES = ("blues", "classical", "country")


def trained_in(place: Path, *arguments: str) -> Path:
    """Train one row in a folder; returns its folder of results."""
    out = place / "out"
    assert run_app(make_app(PAPER), [*ROW, "--cache", str(place / "cache"), "--out", str(out), *arguments]) == 0
    return out


def record_in(out: Path) -> Record:
    (path,) = out.glob("se_cnn/*/runs/*.json")
    return read_record(path)


def paths_in(out: Path) -> ResultPaths:
    (paths,) = ResultPaths.with_records(out, "se_cnn")
    return paths


@pytest.fixture(scope="module")
def of_audio(tmp_path_factory, tiny_corpus, kept_models) -> Path:
    """A run on twelve clips of audio."""
    data = ("--dataset", "gtzan", "--data", str(tiny_corpus.folder), "--allow-incomplete", "--genres", ",".join(GENRES))
    smaller = ("--scale", "smoke", "--features", "small", "--precision", "mixed_bfloat16")
    return trained_in(tmp_path_factory.mktemp("audio"), *data, *smaller)


@pytest.fixture(scope="module")
def of_arrays(tmp_path_factory, tiny_arrays, kept_models) -> Path:
    """A run on precomputed arrays."""
    return trained_in(tmp_path_factory.mktemp("arrays"), "--dataset", "arrays", "--data", str(tiny_arrays))


@pytest.fixture(scope="module")
def trained(of_audio) -> Trained:
    return load_trained(record_in(of_audio).run_id, of_audio)


@pytest.fixture
def copied(of_arrays, tmp_path) -> Path:
    """A copy of the results, which the test may damage."""
    return Path(shutil.copytree(of_arrays, tmp_path / "copy"))


def replace_record(out: Path, **changes) -> Record:
    """Put a changed record in the place of the only one."""
    paths, record = paths_in(out), record_in(out).replace(**changes)
    paths.record(record.run_id).unlink()
    write_record(paths, record)
    return record


def test_test_clips_are_decided_as_in_the_record(trained, of_audio, tiny_corpus):
    record = record_in(of_audio)
    assert trained.genres == record.data.genres == GENRES
    assert len(record.clips) >= 3
    for clip in record.clips:
        genre, number = clip.id.split(".")
        found = trained.predict_windows(tiny_corpus.path(genre, int(number)))
        assert (found.clip.votes, found.clip.by_mean_softmax) == (clip.votes, clip.by_mean_softmax)
        # Other windows were in the same batch, which moves the last bits.
        np.testing.assert_allclose(found.clip.mean_softmax, clip.mean_softmax, atol=2e-6)


def test_a_song_gets_the_mean_probabilities_of_its_windows(trained, tiny_corpus):
    path = tiny_corpus.path("blues", 0)
    windows, song = trained.predict_windows(path), trained.predict(str(path))
    given = trained.inputs[0]
    assert len(windows.starts_seconds) == len(windows.probabilities) == 2
    np.testing.assert_allclose(windows.starts_seconds, [0, given.windows.hop_seconds], atol=0.05)
    assert set(song) == set(GENRES)
    assert list(song.values()) == sorted(song.values(), reverse=True)
    expected = dict(zip(GENRES, windows.probabilities.mean(axis=0), strict=True))
    assert song == pytest.approx(expected, abs=1e-6)
    assert sum(song.values()) == pytest.approx(1, abs=1e-5)


def test_the_model_is_the_networks_own_and_leaves_kerass_settings_alone(trained):
    assert isinstance(trained.model, keras.Model)
    assert trained.model.count_params() > trained.record.trainable_parameters * 0.9
    assert trained.model.layers[1].compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"
    (scaled,) = trained.standardisation
    assert (scaled.mean, scaled.deviation) == (trained.record.input_mean, trained.record.input_deviation)


def test_a_song_of_another_rate_is_resampled_as_in_training(trained, tiny_corpus, tmp_path):
    samples, rate = soundfile.read(tiny_corpus.path("country", 1), dtype="float32")
    soundfile.write(tmp_path / "song.wav", soxr.resample(samples, rate, 44100), 44100, subtype="FLOAT")
    expected = trained.predict(tiny_corpus.path("country", 1))
    assert trained.predict(tmp_path / "song.wav") == pytest.approx(expected, abs=0.02)


def test_a_network_of_arrays_takes_arrays(of_arrays, tiny_arrays):
    record = record_in(of_arrays)
    trained = load_trained(paths_in(of_arrays).record(record.run_id))
    clips = dict(zip(*(np.load(tiny_arrays)[key] for key in ("name", "X")), strict=True))
    for clip in record.clips:
        found = trained.predict_array(clips[clip.id])
        assert [found[genre] for genre in trained.genres] == pytest.approx(clip.mean_softmax, abs=2e-6)
    listed = clips[record.clips[0].id].tolist()
    assert trained.predict_array(listed) == trained.predict_array(np.array(listed, np.uint8))
    with pytest.raises(DataError, match=r"^array: is all zero"):
        trained.predict_array(np.zeros((32, 64), np.uint8))
    with pytest.raises(SpecError, match=r"was trained on precomputed arrays \(tiny\.npz\), so it cannot take an audio"):
        trained.predict("song.wav")
    for wrong in (clips["clip000"].astype(float), clips["clip000"][:8], clips["clip000"][0]):
        with pytest.raises(DataError, match=r"expected \(32, columns\) and uint8, as one clip of the data"):
            trained.predict_array(wrong)
    with pytest.raises(DataError, match="shorter than one window"):
        trained.predict_array(clips["clip000"][:, :3])


def test_songs_that_cannot_be_used_are_one_line_each(trained, tmp_path):
    soundfile.write(tmp_path / "short.wav", np.ones(2205) / 2, 22050)
    (tmp_path / "text.wav").write_text("no audio")
    for name, said in (
        ("short.wav", r"short\.wav .*Use longer clips"),
        ("text.wav", r"text\.wav: "),
        ("none.wav", r"none\.wav: does not exist; expected an audio file"),
        ("", "is a folder; expected an audio file"),
    ):
        with pytest.raises(DataError, match=said) as error:
            trained.predict(tmp_path / name)
        assert "\n" not in str(error.value)
    with pytest.raises(SpecError, match="was trained on audio files, so it cannot take an array"):
        trained.predict_array(np.zeros((32, 32), np.uint8))


def test_a_run_that_is_not_there_is_named(of_arrays, tmp_path):
    with pytest.raises(DataError, match=r"no record of run 0000 in \*/\*/runs/\. Give the folder of --out"):
        load_trained("0000", of_arrays)
    with pytest.raises(DataError, match=r"no_record\.json: no such file; expected a run's record"):
        load_trained(tmp_path / "no_record.json")


@pytest.mark.parametrize("pattern", ["*", "?" * 16, "[0-9a-f]*"])
def test_the_id_of_a_run_is_no_pattern(of_arrays, pattern):
    with pytest.raises(DataError) as refused:
        load_trained(pattern, of_arrays)
    assert f"no record of run {pattern} in" in str(refused.value)


def test_tuned_rows_are_looked_for_in_the_results_that_hold_the_record(of_arrays, tmp_path, monkeypatch):
    """However the path of the record is spelled, and also where it is a link."""
    looked_in = []

    def with_no_tuned_rows(paper, out, dataset):
        looked_in.append(out)
        return paper

    monkeypatch.setattr("common.trained.loading.with_tuned_rows", with_no_tuned_rows)
    paths, run = paths_in(of_arrays), record_in(of_arrays).run_id
    (tmp_path / "link").symlink_to(paths.runs)
    (tmp_path / "link.json").symlink_to(paths.record(run))
    monkeypatch.chdir(paths.runs)
    for spelled in (f"../runs/{run}.json", tmp_path / "link" / f"{run}.json", tmp_path / "link.json"):
        assert load_trained(spelled).record.run_id == run
    assert looked_in == [of_arrays.resolve()] * 3


def test_a_run_of_two_folders_has_to_be_given_by_its_path(copied):
    record, paths = record_in(copied), paths_in(copied)
    elsewhere = RunPaths(paths.folder / "searches" / "one")
    shutil.copytree(paths.runs, elsewhere.runs)
    shutil.copytree(paths.work(record.run_id).folder, elsewhere.work(record.run_id).folder)
    with pytest.raises(DataError, match=r"2 records of run .*: .*Give the path of one of them"):
        load_trained(record.run_id, copied)
    assert load_trained(elsewhere.record(record.run_id)).record == record


def test_weights_that_were_not_kept_are_named(copied):
    record = record_in(copied)
    paths_in(copied).work(record.run_id).best_weights.unlink()
    with pytest.raises(DataError, match=r"best\.weights\.h5: the weights of run \w+ were not kept, or were removed"):
        load_trained(record.run_id, copied)


def test_weights_of_another_run_are_refused(copied):
    record = replace_record(copied, kept_weights="0" * 64)
    with pytest.raises(DataError, match=r"has the SHA-256 \w{12}\.\.\., but the record of run \w+ names 000000000000"):
        load_trained(record.run_id, copied)


def test_weights_without_a_digest_in_the_record_are_used_with_a_warning(copied, capsys):
    record = replace_record(copied, kept_weights="")
    assert load_trained(record.run_id, copied).record == record
    assert "not compared with the record" in " ".join(capsys.readouterr().err.split())


def test_a_file_that_holds_no_weights_is_refused(copied):
    record = record_in(copied)
    paths_in(copied).work(record.run_id).best_weights.write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"best\.weights\.h5: holds no weights of the network of run \w+ \("):
        load_trained(record.run_id, copied)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-200], "was changed or cut off: it has"),
        (lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:], "was changed: its bytes have"),
        # As an earlier version wrote it, with another value of a weight: only the record tells.
        (lambda content: changed_weight(content[:-TRAILER_BYTES]), r"has the SHA-256 \w{12}\.\.\., but the record of"),
    ],
)
def test_damaged_weights_are_refused(copied, damage, said):
    record = record_in(copied)
    path = paths_in(copied).work(record.run_id).best_weights
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"best\.weights\.h5: .*{said}"):
        load_trained(record.run_id, copied)


def changed_weight(content: bytes) -> bytes:
    opened = io.BytesIO(content)
    with h5py.File(opened, "r+") as file:
        arrays = []
        file.visititems(lambda name, found: arrays.append(found) if isinstance(found, h5py.Dataset) else None)
        arrays[0][...] += 1
    return opened.getvalue()


def test_features_that_are_now_extracted_in_another_way_are_refused(copied):
    record = replace_record(copied, extraction_versions=(7,))
    with pytest.raises(DataError, match=r"extracted in another way \(version 7\) than this version does \(version 1\)"):
        load_trained(record.run_id, copied)


def test_a_row_that_is_gone_and_values_that_do_not_fit_are_named(copied):
    record = record_in(copied)
    replace_record(copied, row_experiment="0" * 16)
    with pytest.raises(SpecError, match=r"is of a row that se_cnn no longer has\. Use the version that recorded it"):
        load_trained(record.run_id, copied)
    replace_record(copied, row_experiment=record.row_experiment, experiment=record.experiment | {"speed": 1})
    with pytest.raises(SpecError, match=r"does not fit its row of se_cnn \(.*speed"):
        load_trained(record.run_id, copied)


def test_each_of_two_inputs_has_its_own_standardisation(tmp_path):
    row = embeddings.row("1", "Q1+MSD Embed, original").experiment
    first, second = embeddings.input_shape(row)
    network = build_network(row, lambda *given: embeddings.build(row.model, *given), (first, second), 2)
    one = record(
        paper="embeddings",
        row_experiment=row.digest,
        experiment=row.as_json(),
        input_shape=first,
        second_input=SecondInput(shape=second, mean=3.0, deviation=2.0),
        kept_weights=digest_of_weights(copy_weights(network)),
    )
    paths = ResultPaths.of(tmp_path, "embeddings", "gtzan")
    write_record(paths, one)
    save_weights(paths.work(one.run_id).best_weights, network)
    found = load_trained(one.run_id, tmp_path)
    assert found.standardisation == (Standardisation(0.5, 0.2), Standardisation(3.0, 2.0))
    assert [tuple(shape[1:]) for shape in found.model.input_shape] == [first, second]
    for mine, theirs in zip(found.model.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_an_edited_record_is_refused(copied):
    path = paths_in(copied).record(record_in(copied).run_id)
    values = json.loads(path.read_text(encoding="utf-8")) | {"seed": 5}
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(DataError, match=r"edited|SHA-256"):
        load_trained(path)


def test_the_network_that_comes_with_encore_answers_and_is_named_in_the_readme(tmp_path):
    root = Path(reproductions.__file__).parent.parent
    text = (root / "README.md").read_text(encoding="utf-8")
    name = re.search(r'load_trained\("(results/[^"]+)"\)', text[text.index("comes with Encore") :])[1]
    trained = load_trained(root / name)
    accuracy = 100 * trained.record.metrics["test"]["window_accuracy"]
    assert f"({accuracy:.0f} % of test windows right)" in " ".join(text.split())
    assert "artist" in trained.record.protocol
    song = tmp_path / "song.wav"
    soundfile.write(song, np.random.default_rng(0).normal(0, 0.1, 22050 * 5), 22050)
    found = trained.predict(song)
    assert sorted(found) == ["classical", "electronic", "pop", "rock"]
    assert sum(found.values()) == pytest.approx(1, abs=1e-4)
