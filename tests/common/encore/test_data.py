"""`encore data`: the list, the page on a data set, and the check of a copy, as they appear on screen and in JSON."""

import hashlib
import io
import json
import pwd
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from rich.console import Console

from common.cli.app import run_app
from common.encore import data_papers, data_report
from common.encore.data import make_app
from common.encore.data_pages import Words, grid
from common.launch import paper_keys
from data_pipeline.datasets import gtzan
from data_pipeline.datasets.about import ABOUT
from tests.helpers.own_folder import write_own_folder, write_song


@pytest.fixture
def encore_data(capsys):
    """Run the command; returns its exit code, standard output and standard error."""

    def run(*arguments) -> tuple[int, str, str]:
        code = run_app(make_app(), list(map(str, arguments)))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture(scope="module")
def all_clips(tmp_path_factory):
    """A short file for each of GTZAN's clips; jazz.00054 does not decode."""
    folder = tmp_path_factory.mktemp("gtzan")
    for place, clip in enumerate(gtzan.facts()):
        path = folder / "genres" / clip.split(".")[0] / f"{clip}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        if clip in gtzan.UNREADABLE_IN_COMMON_COPY:
            path.write_bytes(b"no audio")
            continue
        # 3.1 s at the lowest rate that is read, which keeps the files small.
        soundfile.write(path, np.full(12_400, 0.1 + place / 5000), 4000, subtype="PCM_16")
    return folder


@pytest.fixture
def common_copy(all_clips, monkeypatch):
    """The same folder, with an index that holds the SHA-256 of its files."""
    facts = {clip: dict(fact) for clip, fact in gtzan.facts().items()}
    for path in all_clips.rglob("*.wav"):
        facts[path.stem]["wav_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(gtzan, "facts", lambda: facts)
    return all_clips


def fits(text: str) -> bool:
    """Whether text fits 80 columns; commands, paths, addresses and checksums are not wrapped, so that they can be
    copied."""
    unwrapped = ("Run one: ", "  https://", "  SHA-1 of ", "GTZAN in ", "Arrays in ", "own folder ", "  python -c ")
    return all(len(line.rstrip()) <= 80 or line.startswith(unwrapped) for line in text.splitlines())


def test_without_arguments_every_data_set_is_one_line(encore_data):
    code, out, err = encore_data()
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in lines[1:-2]] == list(ABOUT)
    assert all(about.summary in line for about, line in zip(ABOUT.values(), lines[1:-2], strict=True))
    assert len(lines) == len(ABOUT) + 3
    assert fits(out)


@pytest.mark.parametrize("key", ABOUT)
def test_the_page_on_a_data_set_holds_every_fact(encore_data, key):
    about = ABOUT[key]
    code, out, err = encore_data(key)
    said = " ".join(out.split())
    assert (code, err) == (0, "")
    facts = [about.title, about.summary, about.size, about.takes, about.licence, about.citation, about.note]
    facts += [text for source in about.sources for text in (source.site, source.address, source.layout)]
    facts += [digest for source in about.sources for _, digest in source.sha1]
    facts += [f"{fault.text} [{fault.source}]" for fault in about.faults]
    assert [fact for fact in facts if fact not in said] == []
    assert fits(out)
    assert len(out.splitlines()) <= 40


def test_the_pages_as_json(encore_data):
    code, out, _ = encore_data("--json")
    assert code == 0
    assert [entry["key"] for entry in json.loads(out)] == list(ABOUT)
    one = json.loads(encore_data("fma_small", "--json")[1])
    assert one["sources"][0]["sha1"]["fma_small.zip"] == "ade154f733639d52e35e32f5593efe5be76c6d70"
    assert one["licence"] == ABOUT["fma_small"].licence


def test_the_key_of_results_on_an_own_folder_has_the_page_of_own_folders(encore_data):
    assert encore_data("folder_music") == encore_data("folder")


def test_a_whole_copy_ends_with_0_and_says_what_can_be_run(encore_data, common_copy):
    code, out, _ = encore_data("gtzan", common_copy)
    said = " ".join(out.split())
    assert code == 0
    assert "usable 999 of 1,000 clips; every clip was read whole" in said
    assert "99 of 100: jazz" in said
    assert "missing none extra files none broken none known broken 1, skipped without a flag: jazz.00054 (does" in said
    assert "which copy 1,000 of 1,000 files are the same as in the common copy" in said
    assert "exact duplicates no two clips are the same file" in said
    assert "artists known for 919 of 999 clips" in said
    assert "fault_filtered (442/197/290, 70 removed)" in said
    assert f"Run one: encore run PAPER --dataset gtzan --data {common_copy}\n" in out
    assert out.endswith("This copy can be used as it is.\n")
    assert fits(out)
    assert len(out.splitlines()) <= 40


def test_each_paper_is_listed_with_what_it_can_run(encore_data, common_copy):
    _, out, _ = encore_data("gtzan", common_copy, "--json")
    papers = {paper["paper"]: paper for paper in json.loads(out)["papers"]}
    assert list(papers) == paper_keys()
    assert {key for key, paper in papers.items() if paper["is_published_on_it"]} == {
        *("embeddings", "nnet", "resnet1d", "se_cnn")
    }
    assert papers["embeddings"]["protocol"] == "course, by clip"
    assert papers["embeddings"]["left_out_genres"] == ["blues", "rock"]
    # GTZAN has no official split.
    assert papers["soundfusion"]["protocol"] == "holdout 80/10/10, by clip"
    # Clips of 3.1 s hold windows of 3 s, and none of 5 s.
    assert (papers["se_cnn"]["rows"], papers["se_cnn"]["all_rows"], papers["se_cnn"]["too_short"]) == (13, 13, 0)
    assert (papers["resnet1d"]["rows"], papers["resnet1d"]["tables"]) == (0, [])


def test_clips_shorter_than_a_window_are_counted(encore_data, own_corpus):
    samples = np.sin(np.arange(22050 * 4) / 9)
    soundfile.write(own_corpus.path("blues", 0), samples, 22050, subtype="PCM_16")
    papers = {p["paper"]: p for p in json.loads(encore_data("gtzan", own_corpus.folder, "--json")[1])["papers"]}
    assert (papers["resnet1d"]["too_short"], papers["resnet1d"]["rows"]) == (1, 3)
    assert papers["se_cnn"]["too_short"] == 0
    out = encore_data("gtzan", own_corpus.folder)[1]
    (line,) = [line for line in out.splitlines() if line.startswith("Clips shorter than a window")]
    assert "resnet1d 1" in line
    assert "se_cnn" not in line


def test_a_damaged_copy_ends_with_1_and_names_the_flags(encore_data, own_corpus):
    own_corpus.path("blues", 1).write_bytes(b"no [red]audio")
    own_corpus.path("country", 3).rename(own_corpus.folder / "genres" / "country" / "[b]country.wav")
    code, out, err = encore_data("gtzan", own_corpus.folder)
    said = " ".join(out.split())
    assert code == 1
    assert "usable 10 of 1,000 clips" in said
    assert "missing 989: blues.00004, blues.00005" in said
    assert "(--allow-incomplete runs without them)" in said
    assert "extra files 1, ignored: country/[b]country.wav" in said
    assert "broken 1, --skip-bad skips them: blues.00001 (does not decode as audio" in said
    assert f"--data {own_corpus.folder} --allow-incomplete --skip-bad\n" in out
    assert "(989 missing, 1 broken); with --allow-incomplete --skip-bad it can" in said
    assert "reading every clip of GTZAN: 11 clips" in err
    assert fits(out)


def test_files_that_are_the_same_are_named_unknown_ones_first(encore_data, own_corpus, monkeypatch):
    facts = {clip: dict(fact) for clip, fact in gtzan.facts().items()}
    facts["blues.00001"]["wav_sha256"] = facts["blues.00000"]["wav_sha256"]
    monkeypatch.setattr(gtzan, "facts", lambda: facts)
    own_corpus.path("blues", 1).write_bytes(own_corpus.path("blues", 0).read_bytes())
    assert "1 group of clips, all known: blues.00000 = blues.00001" in encore_data("gtzan", own_corpus.folder)[1]
    own_corpus.path("country", 1).write_bytes(own_corpus.path("country", 0).read_bytes())
    said = " ".join(encore_data("gtzan", own_corpus.folder)[1].split())
    assert "2 groups of clips, 1 known: country.00000 = country.00001, blues.00000 = blues.00001" in said


def test_json_holds_everything_and_nothing_else_is_on_standard_output(encore_data, own_corpus):
    own_corpus.path("blues", 1).write_bytes(b"no audio")
    code, out, _ = encore_data("gtzan", own_corpus.folder, "--quick", "--json")
    values = json.loads(out)
    assert code == 1
    assert len(values["missing"]) == 988
    assert values["broken"][0]["clip"] == "blues.00001"
    assert (values["quick"], values["is_complete"], values["usable"]) == (True, False, 11)
    assert values["flags"] == ["--allow-incomplete", "--skip-bad"]
    assert values["split_names"] == [
        *("holdout", "per_genre", "kfold", "rotating", "artist", "fault_filtered", "course")
    ]


def test_arrays_are_described(encore_data, tiny_arrays):
    code, out, _ = encore_data("arrays", tiny_arrays)
    said = " ".join(out.split())
    assert code == 0
    assert "X 40 x 32 x 129 (clips, bins, columns), uint8, 0.07752 s per column" in said
    assert "10: ambient, bebop, cumbia, dub" in said
    assert "not artist, because no artist is known" in said
    # Its rows take samples, and these are spectrograms.
    assert "resnet1d none GTZAN" in said
    assert "which copy" not in said
    assert fits(out)


def test_the_time_step_of_arrays_may_be_given(encore_data, tmp_path):
    path = tmp_path / "x.npz"
    values = np.ones((4, 2, 50), np.uint8)
    np.savez(path, X=values, name=np.array(list("abcd")), genre=np.array(["x", "x", "y", "y"]))
    code, _, err = encore_data("arrays", path)
    assert code == 2
    assert "Give --seconds-per-column" in err
    code, out, _ = encore_data("arrays", path, "--seconds-per-column", "0.5")
    assert code == 0
    assert "0.5 s per column" in out
    assert f"Run one: encore run PAPER --dataset arrays --data {path} --seconds-per-column 0.5\n" in out


def test_a_folder_of_clips_and_genres_that_are_numbers_are_checked(encore_data, tmp_path):
    folder = tmp_path / "clips"
    for genre, columns in (("x", 50), ("x", 60), ("y", 50)):
        (folder / genre).mkdir(parents=True, exist_ok=True)
        np.save(folder / genre / f"{genre}{columns}.npy", np.ones((2, columns), np.uint8))
    (folder / "y" / "cut.npy").write_bytes(b"")
    code, out, _ = encore_data("arrays", folder, "--seconds-per-column", "0.5")
    said = " ".join(out.split())
    assert code == 1
    assert "X 3 x 2 x 50 to 60 (clips, bins, columns), uint8, 0.5 s per column" in said
    assert "broken 1, --skip-bad skips them: cut (not a readable .npy (EOF" in said
    path = tmp_path / "x.npz"
    np.savez(path, X=np.ones((4, 2, 50), np.uint8), genre=np.array([0, 0, 1, 1]))
    code, out, _ = encore_data("arrays", path, "--seconds-per-column", "0.5", "--genre-names", "hip hop,pop")
    assert code == 0
    assert "2: hip hop, pop" in " ".join(out.split())
    assert "--seconds-per-column 0.5 --genre-names 'hip hop,pop'" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["gtzn"],
            "gtzn: no such data set; did you mean gtzan? Expected one of: demo, folder, gtzan, fma_small, ",
        ),
        (["mirdata:ballroom", "/tmp"], "/tmp: is not checked by Encore, but by mirdata: python -c "),
        (["demo", "/tmp"], "/tmp: the demo corpus is generated by Encore"),
        (
            ["gtzan", "/nowhere"],
            "error: /nowhere: does not exist. Give the downloaded archive, or the folder that holds genres/",
        ),
        (["folder", "x" * 300], "xxx: cannot be read (File name too long). Check the path, and the permissions"),
        (["gtzan", "--quick"], "--quick: goes with a folder to check"),
        (["gtzan", "/nowhere", "--seconds-per-column", "1"], "--seconds-per-column: goes with encore data arrays"),
        (["gtzan", "/nowhere", "--genre-names", "a,b"], "--genre-names: goes with encore data arrays"),
        (["arrays", "/nowhere.npz"], "error: /nowhere.npz: does not exist; --dataset arrays needs an .npz file"),
        (["gtzan", "a", "b"], "b: not expected here."),
    ],
)
def test_unusable_input_ends_with_2(encore_data, arguments, says):
    code, out, err = encore_data(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


def test_pages_need_none_of_the_slow_packages():
    lines = [
        "import sys",
        "from common.cli.app import run_app",
        "from common.encore.data import make_app",
        "assert [run_app(make_app(), words) for words in ([], ['gtzan'], ['--help'], ['no'])] == [0, 0, 0, 2]",
        "slow = ('keras', 'tensorflow', 'keras_tuner', 'librosa', 'sklearn', 'scipy', 'matplotlib', 'soundfile')",
        "sys.exit(', '.join(name for name in slow if name in sys.modules) or None)",
    ]
    ended = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_splits_by_artist_need_artists():
    assert "artist" not in data_papers.split_names([], with_artist=False)
    assert data_papers.split_names(["official"], with_artist=True)[-2:] == ["artist", "official"]


def test_a_quiet_check_prints_the_report_only(encore_data, own_corpus, monkeypatch):
    monkeypatch.setattr("common.core.console._State.verbosity", "normal")
    code, out, err = encore_data("gtzan", own_corpus.folder, "-q")
    assert (code, err) == (1, "")
    assert "usable 12 of 1,000 clips" in " ".join(out.split())
    code, _, err = encore_data("gtzan", own_corpus.folder, "-q", "--verbose")
    assert code == 2
    assert "--quiet, --verbose: contradict each other" in err


def test_a_copy_without_a_usable_clip_is_not_offered_for_a_run(encore_data, tmp_path):
    (tmp_path / "genres" / "blues").mkdir(parents=True)
    (tmp_path / "genres" / "blues" / "blues.00000.wav").write_bytes(b"no audio")
    code, out, _ = encore_data("gtzan", tmp_path)
    assert code == 1
    assert "usable 0 of 1,000 clips" in " ".join(out.split())
    assert "This copy cannot be used: it has no usable clip (999 missing, 1 broken)." in " ".join(out.split())
    assert "Run one" not in out
    assert "--split " not in out
    assert fits(out)
    assert json.loads(encore_data("gtzan", tmp_path, "--json")[1])["split_names"] == []


def test_a_whole_data_set_that_no_paper_has_rows_for_ends_with_1(encore_data, tmp_path):
    path = tmp_path / "x.npz"
    names = {"name": np.array(list("abcd")), "genre": np.array(["x", "x", "y", "y"])}
    np.savez(path, X=np.ones((4, 2, 50), np.uint8), **names)
    code, out, _ = encore_data("arrays", path, "--seconds-per-column", "0.001")
    said = " ".join(out.split())
    assert code == 1
    assert said.endswith("cannot be used: no paper has a row that takes these data and has windows this short.")
    assert "usable 4 clips" in said
    assert "Run one" not in out
    assert "--split " not in out
    assert fits(out)


def test_a_paper_of_which_one_genre_is_left_runs_no_row_and_rows_are_explained(encore_data, tmp_path):
    for genre in ("blues", "jazz", "rock"):
        write_song(tmp_path / "songs" / genre / "1.wav", seconds=4)
    _, out, _ = encore_data("folder", tmp_path / "songs", "--out", tmp_path / "out")
    reason = "leaves out blues, rock: too few genres, add --genres all"
    assert f" embeddings none GTZAN {reason} " in " ".join(out.split())
    assert "rows: those whose window fits your clips\n" in out
    _, out, _ = encore_data("folder", tmp_path / "songs", "--out", tmp_path / "out", "--json")
    papers = {paper["paper"]: paper for paper in json.loads(out)["papers"]}
    assert (papers["embeddings"]["rows"], papers["embeddings"]["too_few_genres"]) == (0, True)
    assert (papers["se_cnn"]["rows"], papers["se_cnn"]["too_few_genres"]) == (13, False)


def test_where_artists_can_come_from_is_said_where_none_is_known(encore_data, tmp_path):
    for genre in ("bebop", "dub"):
        write_song(tmp_path / "songs" / genre / "anna" / "1.wav", seconds=4)
    _, out, _ = encore_data("folder", tmp_path / "songs", "--out", tmp_path / "out")
    hint = "no artist is known from tags; --artist-level 1 takes them from folders, --labels FILE.csv from a table"
    assert f"artists {hint} " in " ".join(out.split())
    _, out, _ = encore_data("folder", tmp_path / "songs", "--artist-level", "1", "--out", tmp_path / "out")
    assert "artists known for 2 of 2 clips" in " ".join(out.split())
    assert "from tags" not in out


@pytest.mark.parametrize("width", range(30, 66, 3))
def test_a_percent_sign_stays_with_its_number(width):
    screen = io.StringIO()
    console = Console(file=screen, width=width)
    table = grid()
    table.add_row("known faults", Words(ABOUT["gtzan"].faults[2].text))
    console.print(table)
    lines = screen.getvalue().splitlines()
    assert not [line for line in lines if line.strip().startswith("%")]
    assert max(map(len, lines)) <= width
    assert " ".join(screen.getvalue().replace("known faults", "").split()) == ABOUT["gtzan"].faults[2].text


def test_on_a_narrow_screen_the_papers_are_listed_without_a_broken_number(encore_data, common_copy, monkeypatch):
    monkeypatch.setattr(data_report, "wide_console", lambda *_: Console(width=40))
    _, out, _ = encore_data("gtzan", common_copy)
    lines = out.splitlines()
    first = lines.index("PAPER: se_cnn")
    assert lines[first + 1].startswith("  rows: ")
    assert lines[first + 2] == "  numbers published on: GTZAN (this)"
    assert lines[first + 3] == "  split without --split: holdout"
    assert lines[first + 4] == "      60/10/30, by clip"


def test_genres_that_hold_a_comma_stand_in_quotation_marks(encore_data, tmp_path):
    genres = np.repeat(["Folk, World", "Pop"], 2)
    names = np.array(["a", "b", "c", "d"])
    samples = np.random.default_rng(0).integers(-9, 9, (4, 1, 22050)).astype(np.int16)
    np.savez(tmp_path / "a.npz", X=samples, name=names, genre=genres, n_samples=np.full(4, 22050))
    _, out, _ = encore_data("arrays", tmp_path / "a.npz")
    assert '2: "Folk, World", Pop' in out


@pytest.fixture
def songs(tmp_path):
    """24 songs in two genres, two of them the same file, one in a format that is not read, and a text."""
    folder = write_own_folder(tmp_path / "songs", genres=2, artists=4)
    shutil.copy(folder / "bebop" / "00.flac", folder / "bebop" / "11.flac")
    write_song(folder / "ambient" / "long.wav", seconds=7.5, sample_rate=8000)
    (folder / "ambient" / "new.m4a").write_bytes(b"x")
    (folder / "read me.txt").write_text("text")
    return folder


def test_an_own_folder_is_described_by_genre_with_a_picture(encore_data, songs, tmp_path):
    code, out, err = encore_data("folder", songs, "--out", tmp_path / "out")
    said = " ".join(out.split())
    assert code == 1
    assert "usable 25 clips; every clip was read whole missing none extra files 1, ignored: read me.txt" in said
    assert "broken 1, --skip-bad skips them: ambient/new.m4a (Encore does not read .m4a: convert it, e.g. with" in said
    assert "FLAC, 22,050 Hz, mono (24), WAV, 8,000 Hz, mono (1); 5.0 to 7.5 s, median 5.0 s" in said
    assert "exact duplicates 1 group of clips: bebop/00.flac = bebop/11.flac" in said
    assert "artists known for 24 of 25 clips" in said
    assert "ambient 13 of 14 4 1 5.0 5.0 7.5 bebop 12 4 0 5.0 5.0 5.0" in said
    assert "which copy" not in said
    assert fits(out)
    picture = tmp_path / "out" / "data" / "songs" / "figure_data"
    assert f"picture: {picture}.png and {picture}.svg" in " ".join(err.split())
    assert picture.with_suffix(".png").exists()
    assert picture.with_suffix(".svg").exists()
    assert f"Run one: encore run PAPER --dataset folder --data {songs} --skip-bad\n" in out


def test_an_own_folder_as_json_holds_what_is_shown_and_the_files_of_the_picture(encore_data, songs, tmp_path):
    (songs.parent / "labels.csv").write_text("path,artist,split\nambient/00.flac,X,train\nbebop/00.flac,Y,test\n")
    arguments = ("--labels", songs.parent / "labels.csv", "--out", tmp_path / "out", "--json")
    code, out, _ = encore_data("folder", songs, *arguments)
    values = json.loads(out)
    assert (code, values["usable"], values["with_artist"], values["splits"]) == (
        *(0, 2, 2),
        {"labels": {"train": 1, "test": 1}},
    )
    assert values["by_genre"]["bebop"] == {"clips": 1, "artists": 1, "unknown_artist": 0, "seconds": [5.0, 5.0, 5.0]}
    assert values["read_with"] == ["--labels", str(songs.parent / "labels.csv")]
    folder = tmp_path / "out" / "data" / "songs"
    assert values["figures"] == [str(folder / "figure_data.png"), str(folder / "figure_data.svg")]
    _, out, _ = encore_data("folder", songs, *arguments[:-1])
    assert f"--dataset folder --data {songs} --labels {songs.parent / 'labels.csv'}\n" in out


def test_a_paper_that_leaves_one_of_two_genres_out_can_run_nothing(encore_data, songs, tmp_path):
    (songs / "bebop").rename(songs / "rock")
    _, out, _ = encore_data("folder", songs, "--out", tmp_path / "out", "--quick", "--json")
    rows = {one["paper"]: (one["rows"], one["left_out_genres"]) for one in json.loads(out)["papers"]}
    assert rows["embeddings"] == (0, ["rock"])
    assert rows["se_cnn"] == (13, [])


def test_a_folder_for_the_picture_that_cannot_be_written_is_refused_before_the_check(encore_data, songs, tmp_path):
    (tmp_path / "out").write_text("a file")
    code, out, err = encore_data("folder", songs, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {tmp_path / 'out'}: --out must be a writable folder")
    assert "reading" not in err


def test_an_own_folder_of_one_genre_cannot_be_used(encore_data, tmp_path):
    songs = write_own_folder(tmp_path / "songs", genres=1, clips=3)
    code, out, _ = encore_data("folder", songs, "--out", tmp_path / "out")
    assert code == 1
    verdict = "This copy cannot be used: all clips are of one genre, and a classifier needs at least two."
    assert " ".join(out.split()).endswith(verdict)


@pytest.mark.parametrize("where", [(), ("fma_small",), ("fma_small", "/tmp")])
@pytest.mark.parametrize(
    ("flag", "goes_with"),
    [
        (("--labels", "x.csv"), "folder DIR"),
        (("--artist-level", "1"), "folder DIR"),
        (("--out", "x"), "folder DIR"),
        (("--cache", "x"), "gtzan PATH"),
        (("--seconds-per-column", "1"), "arrays PATH"),
        (("--genre-names", "a,b"), "arrays PATH"),
    ],
)
def test_an_option_of_one_data_set_is_refused_for_others(encore_data, where, flag, goes_with):
    code, _, err = encore_data(*where, *flag)
    assert (code, err) == (2, f"error: {flag[0]}: goes with encore data {goes_with}\n")


def test_gtzan_is_checked_without_a_home_folder(encore_data, common_copy, monkeypatch, tmp_path):
    def no_account(user):
        raise KeyError(f"getpwuid(): uid not found: {user}")

    monkeypatch.delenv("HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pwd, "getpwuid", no_account)
    code, out, _ = encore_data("gtzan", common_copy, "--quick")
    assert (code, "This copy can be used" in out) == (0, True)
