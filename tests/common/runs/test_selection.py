"""What a command asks for: tables, confusion matrices, rows and genres, and reports of genres that parts lack."""

import json

import numpy as np
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import SpecError
from common.runs.options import Options
from common.runs.plan import plan
from common.runs.selection import choose_rows, needed_weights, require_weight_files, with_rows_behind
from data_pipeline.datasets import registry
from reproductions.crnn.paper import PAPER
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION

GENRES = ("Blues", "Country", "Folk", "Pop", "Rock")


def test_a_confusion_matrix_is_asked_for_by_its_number_and_brings_its_row():
    (matrix,) = EMBEDDINGS.confusions
    row = EMBEDDINGS.row(*matrix.row)
    assert choose_rows(EMBEDDINGS, ("3",), ()) == [(matrix, [row])]
    # As its heading and its files have it, and once, however often it is asked for.
    assert choose_rows(EMBEDDINGS, ("confusion_3", "3"), ()) == [(matrix, [row])]
    (of_matrix, (whole, rows)) = choose_rows(EMBEDDINGS, ("3", "1"), ())
    assert of_matrix == (matrix, [row])
    assert (whole.id, len(rows)) == ("1", len(EMBEDDINGS.table("1").rows))
    assert not any(table is matrix for table, _ in choose_rows(EMBEDDINGS, (), ()))


def test_a_matrix_has_one_row_and_an_unknown_table_names_matrices():
    (matrix,) = EMBEDDINGS.confusions
    with pytest.raises(SpecError) as refused:
        choose_rows(EMBEDDINGS, ("3",), ("MSD Embed, original",))
    assert f"Rows: table 3: resnet34-msd-aug-seg ({matrix.row[1]})." in str(refused.value)
    with pytest.raises(SpecError, match=r"no such table\. It has: .*; confusion matrices: 3\.$"):
        choose_rows(EMBEDDINGS, ("9",), ())


def test_a_figure_of_matrices_brings_the_rows_of_its_matrices():
    figure = SOUNDFUSION.figure("1d_2d")
    chosen = with_rows_behind(SOUNDFUSION, [], [figure])
    assert [(table.id, [row.label for row in rows]) for table, rows in chosen] == [
        ("performance", ["ResNet1D-m"]),
        ("width", ["ResNet2D-m"]),
    ]


class TestFolderOfWeights:
    """`--weights-dir`, with the files of the embeddings study's networks."""

    @pytest.fixture
    def folder(self, tmp_path):
        for name in ("resnet34.safetensors", "resnet50.npz", "vgg13.weights.h5", "vgg16.pth", "notes.txt"):
            (tmp_path / name).write_text(name)
        return tmp_path

    def test_files_are_found_by_the_names_of_the_weights_that_rows_need(self, folder):
        options = Options(weights_dir=folder)
        found = options.weight_files_of(EMBEDDINGS, ["resnet34", "resnet50", "vgg13", "vgg16", "vgg19"])
        # A pickle is never loaded, so it counts as not there.
        assert {name: path.name for name, path in found.items()} == {
            "resnet34": "resnet34.safetensors",
            "resnet50": "resnet50.npz",
            "vgg13": "vgg13.weights.h5",
        }
        assert set(options.weight_files_of(EMBEDDINGS, ["resnet34"])) == {"resnet34"}
        assert options.with_absolute_paths().weights_dir == folder

    def test_a_file_that_is_given_by_name_counts_before_the_folder(self, folder):
        options = Options(weights_dir=folder, weights=(f"resnet34={folder / 'notes.txt'}",))
        assert options.weight_files_of(EMBEDDINGS, ["resnet34"]) == {"resnet34": folder / "notes.txt"}
        (folder / "resnet34.npz").write_text("another")
        with pytest.raises(SpecError, match=r"several files of resnet34: resnet34\.safetensors, resnet34\.npz\. Give "):
            Options(weights_dir=folder).weight_files_of(EMBEDDINGS, ["resnet34"])
        assert options.weight_files_of(EMBEDDINGS, ["resnet34"]) == {"resnet34": folder / "notes.txt"}

    def test_a_folder_that_does_not_exist_is_refused(self, tmp_path):
        with pytest.raises(SpecError, match=r"--weights-dir .*none: there is no such folder"):
            Options(weights_dir=tmp_path / "none").weight_files_of(EMBEDDINGS, ["resnet34"])

    def test_what_is_missing_is_named_with_where_to_get_it(self, folder, capsys):
        names = ["resnet34", "vgg13", "vgg19"]
        require_weight_files(EMBEDDINGS, folder, names, ["resnet34"])
        said = " ".join(capsys.readouterr().err.split())
        where = "vgg13.safetensors (model.safetensors of timm/vgg13.tv_in1k on Hugging Face)"
        assert f"not there: {where}; instead of .safetensors also .npz or .weights.h5" in said
        # Keras downloads those of VGG19.
        assert "resnet34" not in said
        assert "vgg19.safetensors" not in said
        require_weight_files(EMBEDDINGS, folder, ["vgg19"], [])
        require_weight_files(EMBEDDINGS, folder, names, names)
        assert not capsys.readouterr().err

    def test_a_folder_of_no_use_is_refused(self, folder):
        expected = r"no file of the weights that the rows start from: vgg13\.safetensors \(.*\), resnet34\.safetensors"
        with pytest.raises(SpecError, match=expected):
            require_weight_files(EMBEDDINGS, folder, ["vgg13", "vgg19", "resnet34"], [])
        with pytest.raises(SpecError, match="no row asked for starts from trained weights"):
            require_weight_files(EMBEDDINGS, folder, [], [])

    def test_rows_need_the_weights_that_they_start_from(self):
        rows = [row.experiment for row in EMBEDDINGS.table("2").rows]
        assert needed_weights(EMBEDDINGS, [*rows, *rows]) == [
            "vgg13", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101",
        ]  # fmt: skip
        transfer = [row.experiment for row in SOUNDFUSION.table("transfer").rows]
        assert needed_weights(SOUNDFUSION, transfer) == ["imagenet", "gtzan"]


@pytest.fixture
def arrays(tmp_path):
    """Write an `.npz` of so many clips of each genre, 30 s each."""

    def write(counts: dict[str, int]):
        genres = np.repeat(list(counts), list(counts.values()))
        values = np.random.default_rng(0).integers(0, 255, (len(genres), 8, 60), dtype=np.uint8)
        path = tmp_path / "arrays.npz"
        names = np.array([f"clip{number:03d}" for number in range(len(genres))])
        np.savez(path, X=values, name=names, genre=genres, n_samples=np.full(len(genres), 661_500))
        return path

    return write


@pytest.fixture
def run(tmp_path, capsys):
    """Run the paper's command line on arrays; returns exit code, standard error and the folder of results."""

    def command(path, *arguments: str):
        asked = ["--dataset", "arrays", "--data", str(path), "--row", "CNN 1D + GRU", "--table", "final"]
        asked += ["--epochs", "1", "--set", "model.hidden=2", "--set", "training.augmentation=null"]
        asked += ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache"), *arguments]
        code = run_app(make_app(PAPER), asked)
        return code, capsys.readouterr().err, tmp_path / "out" / "crnn" / "arrays"

    return command


def tables_in(folder):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("table_final*.json"))]


def test_a_plan_leaves_four_genres_out_and_all_includes_them(arrays, tmp_path):
    path = arrays(dict.fromkeys(GENRES, 12))

    def planned(*genres):
        asked = {"tables": ("final",), "rows": ("CNN 1D + GRU",), "genres": genres}
        work = plan(PAPER, Options(dataset="arrays", data=path, cache=tmp_path / "cache", out=tmp_path, **asked))
        work.close()
        return work

    own, whole = planned(), planned("all")
    assert (own.facts.genres, own.facts.clips, own.setting.genres) == (("Folk", "Pop", "Rock"), 36, ())
    assert (whole.facts.genres, whole.facts.clips, whole.setting.genres) == (GENRES, 60, GENRES)
    assert not {run.run.id for run in own.runs} & {run.run.id for run in whole.runs}
    named = planned("Rock, Folk,Pop")
    assert (named.setting, [r.run.id for r in named.runs]) == (own.setting, [r.run.id for r in own.runs])


@pytest.mark.slow
def test_a_command_leaves_four_genres_out_and_all_includes_them(arrays, run):
    path = arrays(dict.fromkeys(GENRES, 12))
    code, _, folder = run(path)
    assert code == 0
    (record,) = [json.loads(path.read_text()) for path in (folder / "runs").glob("*.json")]
    assert record["data"]["genres"] == ["Folk", "Pop", "Rock"]
    assert record["data"]["clips"] == 36
    assert record["setting"]["genres"] == []
    code, _, _ = run(path, "--genres", "all")
    assert code == 0
    (five,) = [table for table in tables_in(folder) if table["setting"]["genres"]]
    assert five["setting"]["genres"] == list(GENRES)
    assert any("OTHER CLASSES: 5 genres (Blues, Country, Folk, Pop, Rock)" in line for line in five["caption"])
    assert list(folder.glob("table_final_1_epoch_5_genres_*.json"))


@pytest.mark.slow
def test_naming_the_papers_own_genres_gives_the_same_runs(arrays, run):
    path = arrays(dict.fromkeys(GENRES, 12))
    assert run(path, "--genres", "Rock, Folk,Pop")[0] == 0
    code, stderr, folder = run(path)
    assert code == 0
    assert "already trained: read from its record (train again: --fresh)" in stderr
    assert len(list((folder / "runs").glob("*.json"))) == 1


def test_a_genre_whose_name_holds_a_comma_is_given_alone(arrays, tmp_path, capsys):
    path = arrays({"Folk": 12, "Folk, World": 12, "World": 12, "Pop": 12})

    def planned(*genres):
        asked = {"tables": ("final",), "rows": ("CNN 1D + GRU",), "genres": genres}
        work = plan(PAPER, Options(dataset="arrays", data=path, cache=tmp_path / "cache", out=tmp_path, **asked))
        work.close()
        return work.setting.genres

    # A value that is a genre as a whole is not split.
    assert planned("Folk, World", "Pop") == ("Folk, World", "Pop")
    assert planned("Folk,World,Pop") == ("Folk", "Pop", "World")
    assert planned("Pop,World", " Folk, World ") == ("Folk, World", "Pop", "World")
    with pytest.raises(SpecError, match=r"--genres: Pop is given twice"):
        planned("Pop,World", "Pop")
    listed = r'has no genre Rock; it has: Folk, "Folk, World", Pop, World. Repeat the flag .*--genres "Folk, World" '
    with pytest.raises(SpecError, match=listed):
        planned("Folk, World, Rock")


@pytest.mark.parametrize(
    ("genres", "message"),
    [
        ("", '--genres "": names no genre'),
        (" , ", "names no genre; expected names with commas between them, of: Blues, Country"),
        ("Rock,Polka", "has no genre Polka; it has: Blues, Country, Folk, Pop, Rock"),
        ("Rock", "error: --genres Rock: 12 clips of 1 genre remain. A classifier needs at least two genres: give "),
        ("Rock,Pop,Rock", "Rock is given twice"),
    ],
)
def test_a_choice_that_leaves_nothing_to_learn_is_refused(arrays, run, genres, message):
    code, stderr, _ = run(arrays(dict.fromkeys(GENRES, 12)), "--genres", genres)
    assert code == 2
    assert message in stderr
    assert "Traceback" not in stderr


def test_an_error_about_the_papers_genre_choice_suggests_all_genres(arrays, run):
    code, stderr, _ = run(arrays({"Blues": 12, "Country": 12}))
    assert code == 2
    assert "error: crnn leaves out Blues and Country; no genre with clips remains. A classifier" in stderr
    assert "two genres: give --genres all, or name two or more of Blues, Country with --genres." in stderr
    code, stderr, _ = run(arrays({"Blues": 12, "Country": 12, "Folk": 7}))
    assert code == 2
    assert "error: crnn leaves out Blues and Country; only Folk remains (7 clips). A classifier" in stderr


@pytest.mark.slow
def test_different_genre_choices_with_the_same_clips_are_different_runs(arrays, run, monkeypatch):
    """A genre without a clip is still a class that can be decided for."""
    path = arrays({"Folk": 12, "Pop": 12})
    load = registry.load

    def with_an_empty_genre(*arguments, **others):
        catalog, feature = load(*arguments, **others)
        return catalog.replace(genres=("Blues", *catalog.genres)), feature

    monkeypatch.setattr(registry, "load", with_an_empty_genre)
    assert run(path)[0] == 0
    code, stderr, folder = run(path, "--genres", "all")
    assert code == 0
    assert "already trained" not in stderr
    records = [json.loads(path.read_text()) for path in (folder / "runs").glob("*.json")]
    assert sorted(len(record["data"]["genres"]) for record in records) == [2, 3]


@pytest.mark.slow
def test_a_genre_with_one_clip_stops_the_run_and_can_be_excluded(arrays, run):
    path = arrays({"Folk": 20, "Pop": 20, "Rock": 1})
    code, stderr, _ = run(path)
    assert code == 2
    assert "the rarest, Rock, has 1; of 1 the fractions give 0 for training, 0 for validation, 1 for test" in stderr
    assert "--genres" in stderr
    assert run(path, "--genres", "Folk,Pop")[0] == 0


@pytest.mark.slow
def test_a_genre_without_test_clips_is_reported_and_gives_no_nan(arrays, run):
    path = arrays({"Folk": 40, "Pop": 40, "Rock": 1})
    code, stderr, folder = run(path, "--allow-incomplete")
    assert code == 0
    assert "has no window of Rock" in stderr
    (table,) = tables_in(folder)
    (row,) = [row for row in table["rows"] if row["measured"]]
    assert all(np.isfinite(row["measured"][name]["mean"]) for name in table["metrics"])
    lacking = "by clip: the test part has no window of Rock: its recall is unknown" in " ".join(stderr.split())
    assert lacking == any(warning.startswith("No test clip of Rock") for warning in table["warnings"])
    assert lacking, "the split of this test should leave the only clip of Rock out of the test part"
