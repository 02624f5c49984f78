"""Unusable input on the command line: exit code 2, one clear error, nothing trained and nothing touched."""

import json
import pickle
import re
import signal
import sys

import numpy as np
import pytest
import soundfile
import typer

from common.cli.app import run_app
from common.cli.run import make_app
from common.core import interrupts
from common.core.errors import SpecError
from common.core.tf_logging import quiet_start
from common.duplicates import make_app as make_duplicates_app
from common.encore.main import make_command
from common.runs import runner

with quiet_start():
    from reproductions.se_cnn.paper import PAPER


class TrainingReached(Exception):
    """Raised in place of training."""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run SE-CNN's command line on arguments; returns exit code and standard error. Training raises."""

    def refuse(*_):
        raise TrainingReached

    monkeypatch.setattr(runner, "execute", refuse)

    def command(*arguments: str) -> tuple[int, str]:
        # First, so that a case can give other folders: the last value of an option counts.
        places = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
        if "--from-records" in arguments:
            places = places[:2]  # it reads no data, and refuses flags that it does not use
        code = run_app(make_app(PAPER), [*places, *arguments])
        return code, capsys.readouterr().err

    return command


def error_of(stderr: str) -> str:
    """The one error message; warnings and progress may come before it, nothing may follow it."""
    assert "Traceback" not in stderr
    found = re.search(r"^error: (.*)\Z", stderr, re.MULTILINE | re.DOTALL)
    assert found, stderr
    assert stderr.count("error: ") == 1, stderr
    return found[1]


def gtzan_at(folder) -> list[str]:
    return ["--dataset", "gtzan", "--data", str(folder), "--allow-incomplete", "--scale", "smoke"]


def arrays_at(file) -> list[str]:
    return ["--dataset", "arrays", "--data", str(file), "--scale", "smoke", "--allow-incomplete"]


def spectrograms(**changes) -> dict[str, np.ndarray]:
    """Twelve clips of two genres, 30 s of ten columns a second."""
    values = {
        "X": np.random.default_rng(0).uniform(0, 1, (12, 8, 300)).astype(np.float32),
        "name": np.array([f"song {number}" for number in range(12)]),
        "genre": np.array(["ska", "polka"] * 6),
        "n_samples": np.full(12, 661500),
    }
    return values | changes


def test_good_input_reaches_training(run, own_corpus, tmp_path):
    """Otherwise the tests below would pass whatever is refused."""
    with pytest.raises(TrainingReached):
        run(*gtzan_at(own_corpus.folder))
    np.savez(tmp_path / "good.npz", **spectrograms())
    with pytest.raises(TrainingReached):
        run(*arrays_at(tmp_path / "good.npz"))


def missing_folder(corpus, place):
    return gtzan_at(place / "nowhere"), [f"--data {place / 'nowhere'}: does not exist"]


def file_for_folder(corpus, place):
    (place / "file").write_text("x")
    return gtzan_at(place / "file"), [f"--data {place / 'file'}: is a file, not a folder"]


def empty_folder(corpus, place):
    (place / "empty").mkdir()
    return gtzan_at(place / "empty"), [f"--data {place / 'empty'}: no GTZAN clip in it"]


def incomplete_folder(corpus, place):
    arguments = gtzan_at(corpus.folder)
    arguments.remove("--allow-incomplete")
    return arguments, ["12 of 1000 clips found, 988 are missing", "--allow-incomplete"]


def truncated_wav(corpus, place):
    path = corpus.path("blues", 2)
    path.write_bytes(path.read_bytes()[:-5000])
    return gtzan_at(corpus.folder), [
        f"{path}: truncated: the header declares 220500 bytes",
        "holds 215500",
        "--skip-bad",
    ]


def header_only_wav(corpus, place):
    path = corpus.path("classical", 0)
    soundfile.write(path, np.zeros(0), 22050)
    return gtzan_at(corpus.folder), [f"{path}: holds no audio frames (header only)", "--skip-bad"]


def text_named_wav(corpus, place):
    path = corpus.path("country", 3)
    path.write_text("<html>404</html>")
    return gtzan_at(corpus.folder), [
        f"{path}: does not decode as audio",
        "Expected WAV, AU, FLAC, OGG or MP3",
        "--skip-bad",
    ]


def silent_wav(corpus, place):
    path = corpus.path("blues", 0)
    soundfile.write(path, np.zeros(110250), 22050)
    return gtzan_at(corpus.folder), [f"{path}: all 110250 frames are zero", "--skip-bad"]


def several_bad_clips(corpus, place):
    paths = [corpus.path(genre, 1) for genre in corpus.GENRES]
    for path in paths:
        path.write_text("<html>404</html>")
    return gtzan_at(corpus.folder), ["3 of 12 clips cannot be used", *(f"{path}: does not decode" for path in paths)]


def broken_clip_only(corpus, place):
    path = place / "genres" / "jazz" / "jazz.00054.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(corpus.path("blues", 0).read_bytes()[:-5000])
    return gtzan_at(place / "genres"), [f"--data {place / 'genres'}: no usable GTZAN clip", f"{path}: truncated"]


def short_clip(corpus, place):
    soundfile.write(corpus.path("blues", 1), np.sin(np.arange(22050) / 9), 22050)
    return gtzan_at(corpus.folder), ["1 of 12 clips are shorter than one window of 3 s", "blues.00001 (44 frames)"]


def nan_in_array(corpus, place):
    values = spectrograms()
    values["X"][5, 2, 100] = np.nan
    np.savez(place / "nan.npz", **values)
    return arrays_at(place / "nan.npz"), [f"{place / 'nan.npz'}: X[5] (song 5) holds values that are not finite"]


def wrong_rank(corpus, place):
    np.savez(place / "rank.npz", **spectrograms(X=np.ones((12, 300), np.float32)))
    return arrays_at(place / "rank.npz"), [
        f"{place / 'rank.npz'}: X has rank 2, shape (12, 300); expected (clips, bins"
    ]


def missing_array(corpus, place):
    return arrays_at(place / "nowhere.npz"), [f"--data {place / 'nowhere.npz'}: does not exist"]


def short_arrays(corpus, place):
    np.savez(place / "short.npz", **spectrograms(X=np.ones((12, 8, 20), np.float32), n_samples=np.full(12, 44100)))
    return arrays_at(place / "short.npz"), ["12 of 12 clips are shorter than one window of 3 s", "song 0 (20 frames)"]


def pickled_npz(corpus, place):
    np.savez(place / "pickled.npz", **spectrograms(name=np.array([None] * 12, dtype=object)))
    return arrays_at(place / "pickled.npz"), [f"{place / 'pickled.npz'}: name is an object array (pickled)"]


def pickled_npy(corpus, place):
    np.save(place / "pickled.npy", np.array([None] * 12, dtype=object), allow_pickle=True)
    return arrays_at(place / "pickled.npy"), [f"{place / 'pickled.npy'}: X is an object array (pickled)"]


def raw_pickle(corpus, place):
    (place / "raw.npz").write_bytes(pickle.dumps({"X": 1}))
    return arrays_at(place / "raw.npz"), [f"{place / 'raw.npz'}: is a pickle, which is never loaded"]


def single_array(corpus, place):
    np.save(place / "single.npy", np.ones((12, 8, 300), np.float32))
    return arrays_at(place / "single.npy"), [f"{place / 'single.npy'}: is a single array. Save it with"]


def given_features_twice(corpus, place):
    np.savez(place / "good.npz", **spectrograms())
    return [*arrays_at(place / "good.npz"), "--features", "small"], ["--features small: the arrays of --dataset arrays"]


def unwritable_cache(corpus, place):
    (place / "file").write_text("in the way")
    cache = place / "file" / "cache"
    return [*gtzan_at(corpus.folder), "--cache", str(cache)], [f"{cache}: --cache must be a writable folder"]


def unwritable_out(corpus, place):
    (place / "file").write_text("in the way")
    out = place / "file" / "results"
    return [*gtzan_at(corpus.folder), "--out", str(out)], [f"{out}: --out must be a writable folder"]


def only_arguments(*arguments: str, says: str):
    """A case in which only the arguments are wrong."""

    def case(corpus, place):
        return list(arguments), [says]

    case.__name__ = " ".join(arguments)
    return case


CASES = [
    missing_folder,
    file_for_folder,
    empty_folder,
    incomplete_folder,
    truncated_wav,
    header_only_wav,
    text_named_wav,
    silent_wav,
    several_bad_clips,
    broken_clip_only,
    short_clip,
    nan_in_array,
    wrong_rank,
    missing_array,
    short_arrays,
    pickled_npz,
    pickled_npy,
    raw_pickle,
    single_array,
    given_features_twice,
    unwritable_cache,
    unwritable_out,
    only_arguments("--table", "9.9", says="--table 9.9: se_cnn has no such table. It has: 4.1, 5.1, 5.2, 5.3."),
    only_arguments(
        "--table", "51", says="--table 51: se_cnn has no such table; did you mean 5.1? It has: 4.1, 5.1, 5.2"
    ),
    only_arguments("--table", "Table 5.1", says="--table Table 5.1: se_cnn has no such table; did you mean 5.1?"),
    only_arguments(
        "--row",
        "seven",
        "--table",
        "5.1",
        says="--row seven: no such row in table 5.1. Rows: table 5.1: se-0 (0), se-5 (5), ",
    ),
    only_arguments(
        "--table",
        "5.2",
        "--row",
        "4,5",
        says="--row 4,5: no such row in table 5.2. Rows: table 5.2: r8 (8), r16 (16), r32 (32).",
    ),
    only_arguments(
        "--row",
        "1,2,3,4",
        says="--row 1,2,3,4: no such row; did you mean se-12345? Rows: encore list se_cnn\n",
    ),
    only_arguments(
        "--dataset", "spotify", says="--dataset spotify: no such value. Expected one of: demo, folder, gtzan"
    ),
    only_arguments("--scale", "huge", says="--scale huge: no such value. Expected one of: smoke, paper"),
    only_arguments(
        "--precision", "float16", says="--precision float16: no such value; did you mean mixed_bfloat16? Expected"
    ),
    only_arguments("--split", "random", says="--split random: no such value. Expected one of: holdout"),
    only_arguments("--unit", "song", says="--unit song: expected window or clip. See --help."),
    only_arguments("--decoder", "ffmpeg", says="--decoder ffmpeg: no such value. Expected one of: soundfile"),
    only_arguments("--epochs", "0", says="--epochs 0: expected a number of at least 1"),
    only_arguments("--epochs", "many", says="--epochs many: expected a whole number"),
    only_arguments("--seeds", "-1", says="--seeds -1: expected a number of at least 1"),
    only_arguments("--memory-limit", "plenty", says="--memory-limit plenty: not a size, expected e.g. 900MB or 4GB."),
    only_arguments("--memory-limit", "0", says="--memory-limit 0: not a size"),
    only_arguments("--seconds-per-column", "0", says="--seconds-per-column 0: expected a number of at least 1e-06"),
    only_arguments("--frobnicate", says="--frobnicate: no such option. See --help."),
    only_arguments("--data", says="'--data' requires an argument"),
    only_arguments("surplus", says="surplus"),
    only_arguments("--devices", "two", says="--devices two: not a number of devices"),
    only_arguments("--quiet", "--verbose", says="--quiet, --verbose: contradict each other"),
    only_arguments("--data", "songs", says="--data songs: the demo corpus is generated and takes no --data"),
    only_arguments("--dataset", "gtzan", says="--dataset gtzan needs --data: GTZAN is not part of Encore"),
    only_arguments("--dataset", "arrays", says="--dataset arrays needs --data"),
    only_arguments("--from-records", says="--from-records: no records of se_cnn below"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_unusable_input_gives_one_message_and_exit_code_2(run, own_corpus, tmp_path, snapshot, case):
    place = tmp_path / "input"
    place.mkdir()
    arguments, expected = case(own_corpus, place)
    before = snapshot(tmp_path)
    code, stderr = run(*arguments)
    message = error_of(stderr)
    assert code == 2
    for part in expected:
        assert part in message
    after = snapshot(tmp_path)
    assert {path: after.get(path) for path in before} == before
    assert not list((tmp_path / "out").rglob("*.json"))


@pytest.mark.parametrize("mistake", [["--table", "9.9"], ["--row", "seven"]])
def test_mistyped_tables_and_rows_are_refused_before_anything_is_opened(run, tmp_path, mistake):
    code, stderr = run(*gtzan_at(tmp_path / "nowhere"), *mistake)
    assert code == 2
    assert error_of(stderr).startswith(" ".join(mistake) + ": ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("of_earlier_version", [True, False])
def test_a_changed_shard_checksum_is_refused(run, own_corpus, tmp_path, snapshot, of_earlier_version):
    with pytest.raises(TrainingReached):
        run(*gtzan_at(own_corpus.folder))
    (path,) = (tmp_path / "cache" / "shards").glob("gtzan-*/index.json")
    index = json.loads(path.read_text())
    index["shards"][0]["sha256"] = "0" * 64
    if of_earlier_version:
        del index["sha256"]
    path.write_text(json.dumps(index))
    before = snapshot(tmp_path)
    code, stderr = run(*gtzan_at(own_corpus.folder))
    message = error_of(stderr)
    assert code == 2
    if of_earlier_version:
        assert message.startswith(f"{path.parent / 'shard-00000.npy'}: its SHA-256 ")
        assert "in index.json" in message
    else:
        assert message.startswith(f"{path}: was edited: ")
    assert f"Delete the folder {path.parent}" in message
    assert snapshot(tmp_path) == before


def test_bad_clips_can_be_skipped(run, own_corpus, tmp_path):
    own_corpus.path("blues", 0).write_text("<html>404</html>")
    assert run(*gtzan_at(own_corpus.folder))[0] == 2
    with pytest.raises(TrainingReached):
        run(*gtzan_at(own_corpus.folder), "--skip-bad")
    (path,) = (tmp_path / "cache" / "shards").glob("gtzan-*/index.json")
    skipped = [bad["id"] for shard in json.loads(path.read_text())["shards"] for bad in shard["skipped"]]
    assert skipped == ["blues.00000"]


def test_a_missing_optional_decoder_is_named(run, own_corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_io", None)
    code, stderr = run(*gtzan_at(own_corpus.folder), "--decoder", "tensorflow-io")
    assert code == 2
    assert "--decoder tensorflow-io: the package is not installed here" in error_of(stderr)


def test_an_option_with_two_limits_names_both(capsys):
    assert run_app(make_duplicates_app(), ["--above", "2"]) == 2
    assert "error: --above 2: expected a number between 0.05 and 1. See --help." in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        *("run se_cnn --data", "run se_cnn --cache", "run se_cnn --out", "audit se_cnn --data", "tune se_cnn --data"),
        *("duplicates --folder", "duplicates --data", "data gtzan", "show se_cnn --out", "board --out"),
        *("verify --cache", "verify"),
    ],
)
def test_an_empty_path_is_refused_and_does_not_mean_the_current_folder(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_app(make_command(), [*line.split(), ""]) == 2
    flag = line.split()[-1] if "--" in line else "DIR"
    expected = f'error: {flag} "": is empty; expected a path. For the current folder, give a dot (.).\n'
    assert capsys.readouterr().err == expected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["run se_cnn --data ~no-such-user/x", "data gtzan ~no-such-user/x"])
def test_a_path_below_a_home_folder_that_is_not_known_is_refused(line, capsys):
    assert run_app(make_command(), line.split()) == 2
    assert "error: ~no-such-user/x: the home folder that its ~ stands for is not known." in capsys.readouterr().err


def test_several_rows_after_a_blank_are_answered_with_how_they_are_written(capsys):
    assert run_app(make_app(PAPER), ["--row", "r8", "r16"]) == 2
    expected = "error: r16: not expected here. Several values of an option are one word, e.g. --row r8,r16. See --help."
    assert capsys.readouterr().err.strip() == expected


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("no runs. Make one: encore run se_cnn.", "no runs. Make one: encore run se_cnn"),
        ("no such file.", "no such file."),
        ("start it with encore run, or not.", "start it with encore run, or not."),
    ],
)
def test_a_command_at_the_end_of_an_error_has_no_full_stop(capsys, message, shown):
    def fail():
        raise SpecError(message)

    app = typer.Typer()
    app.command()(fail)
    assert run_app(app, []) == 2
    assert capsys.readouterr().err == f"error: {shown}\n"


def _app(command) -> typer.Typer:
    app = typer.Typer()
    app.command()(command)
    return app


@pytest.fixture
def fresh_state(monkeypatch):
    """Of a process that no signal has reached; what a test changes of it is forgotten."""
    for name in ("asked", "kept", "is_said"):
        monkeypatch.setattr(interrupts._State, name, getattr(interrupts._State, name))


@pytest.mark.usefixtures("fresh_state")
def test_an_interrupted_command_ends_with_130_and_says_what_is_kept(capsys):
    def train() -> None:
        interrupts.keeps(interrupts.RUNS_ARE_KEPT)
        raise KeyboardInterrupt

    assert run_app(_app(train), []) == 130
    assert capsys.readouterr().err == (
        "interrupted: finished runs and epochs are kept; the same command (without --fresh) continues from there\n"
    )


@pytest.mark.usefixtures("fresh_state")
def test_a_command_with_nothing_to_continue_says_only_that_it_was_interrupted(capsys):
    def show() -> None:
        raise KeyboardInterrupt

    interrupts.keeps("of the command before")
    assert run_app(_app(show), []) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.usefixtures("fresh_state")
def test_an_error_that_an_interrupt_caused_is_an_interrupt(capsys):
    def train() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    assert run_app(_app(train), []) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.usefixtures("fresh_state")
@pytest.mark.parametrize("error", [None, SpecError("no such row"), ValueError("broken by the signal")])
def test_a_command_that_was_asked_to_stop_ends_with_the_code_of_the_signal_however_it_ends(capsys, error):
    def train() -> None:
        interrupts._State.asked = signal.SIGTERM
        if error is not None:
            raise error

    assert run_app(_app(train), []) == 143
    assert capsys.readouterr().err == "ended by SIGTERM\n"


@pytest.mark.usefixtures("fresh_state")
def test_the_line_is_printed_once(capsys):
    def train() -> None:
        interrupts._State.asked, interrupts._State.is_said = signal.SIGINT, True

    assert run_app(_app(train), []) == 130
    assert capsys.readouterr().err == ""
