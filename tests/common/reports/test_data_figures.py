"""The files of the figures of the data, and what is said where one cannot be made."""

from dataclasses import replace

import pytest

from common.paper.figures import FIGURE_KINDS, Needs
from common.records.paths import ResultPaths
from common.reports import data_figures
from common.reports.data_figures import write_data_figures
from common.reports.figures.files import stated_digest
from common.reports.groups import Group
from data_pipeline.cache.extraction import prepare
from reproductions.crnn.paper import MEL
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.resnet1d.paper import PAPER as RESNET1D
from tests.helpers.figure_data import data_for, figure_of
from tests.helpers.pictures import stand_in
from tests.helpers.se_cnn_records import record


@pytest.fixture(autouse=True)
def unrendered(monkeypatch):
    """The files hold only the metadata: what is drawn is tested elsewhere."""

    def savefig(figure, file, *, format, metadata, **_):
        file.write(stand_in(format, str(metadata.get("Description", ""))))

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", savefig)


def names(paths) -> list[str]:
    return [path.name for path in paths]


def test_all_figures_of_a_paper_need_neither_a_run_nor_a_shard(tiny_corpus, tmp_path, capsys):
    results = ResultPaths.of(tmp_path / "out", "crnn", "tiny")
    data, group = data_for(CRNN, tiny_corpus.catalog, tmp_path / "cache", split="rotating")
    drawn = write_data_figures(CRNN, group, data, results)
    assert drawn.missing == {"genre_distribution": drawn.missing["genre_distribution"]}
    assert drawn.missing["genre_distribution"].startswith("split rotating, 6 partitions, by clip: too few clips")
    assert "warning: figure genre_distribution is not drawn: split rotating" in capsys.readouterr().err
    assert list(drawn.paths) == ["mel", "wordcloud", "waveform", "feature_extraction"]
    assert names(drawn.paths["wordcloud"]) == [
        f"figure_wordcloud_rotating_smoke_small_features.{suffix}" for suffix in ("png", "svg", "md")
    ]
    assert names(drawn.paths["mel"]) == [
        "figure_mel_rotating_smoke_small_features.png",
        "figure_mel_rotating_smoke_small_features.svg",
    ]
    assert all(path.parent == results.figures and path.is_file() for paths in drawn.paths.values() for path in paths)
    assert drawn.clips["waveform"] == {"blues.00000": tiny_corpus.path("blues", 0)}
    assert not (tmp_path / "cache").exists()


def test_a_training_leaves_the_figures_of_a_command_without_one(tiny_corpus, tmp_path):
    stated = []
    index = prepare(tiny_corpus.catalog, CRNN.small_feature(MEL), tmp_path)
    for number, stored in enumerate(((), (index,))):
        results = ResultPaths.of(tmp_path / f"out{number}", "crnn", "tiny")
        drawn = write_data_figures(
            CRNN, *reversed(data_for(CRNN, tiny_corpus.catalog, tmp_path, stored=stored)), results
        )
        stated.append({name: stated_digest(paths[0]) for name, paths in drawn.paths.items()})
    assert stated[0] == stated[1]
    assert all(stated[0].values())


def test_what_is_drawn_already_is_not_drawn_again(tiny_corpus, tmp_path, monkeypatch):
    results = ResultPaths.of(tmp_path, "crnn", "tiny")
    drawn = []
    original = data_figures.save_unless_drawn

    def counting(draw, *arguments):
        return original(lambda: drawn.append(1) or draw(), *arguments)

    monkeypatch.setattr(data_figures, "save_unless_drawn", counting)
    for _ in range(2):
        data, group = data_for(CRNN, tiny_corpus.catalog, tmp_path)
        write_data_figures(CRNN, group, data, results, ["mel", "tsne"])
    assert drawn == [1]


def test_paths_of_the_clips_are_printed_where_the_figure_is_asked_for(tiny_corpus, tmp_path, capsys):
    results = ResultPaths.of(tmp_path, "embeddings", "tiny")
    data, group = data_for(EMBEDDINGS, tiny_corpus.catalog, tmp_path)
    write_data_figures(EMBEDDINGS, group, data, results)
    assert "clips of figure" not in capsys.readouterr().err
    drawn = write_data_figures(EMBEDDINGS, group, data, results, ["feature_check"])
    said = capsys.readouterr().err.replace("\n", "")
    assert "clips of figure feature_check:" in said
    for genre in tiny_corpus.GENRES:
        assert f"{genre}: {tiny_corpus.path(genre, 0)}" in said
    assert list(drawn.paths) == ["feature_check"]


def test_a_clip_that_cannot_be_read_leaves_out_its_figures_alone(own_corpus, tmp_path, capsys):
    own_corpus.path("blues", 0).write_bytes(b"no audio")
    results = ResultPaths.of(tmp_path, "crnn", "tiny")
    data, group = data_for(CRNN, own_corpus.catalog, tmp_path)
    drawn = write_data_figures(CRNN, group, data, results, ["mel", "wordcloud"])
    assert list(drawn.paths) == ["wordcloud"]
    assert "blues.00000.wav" in drawn.missing["mel"]


def test_the_file_of_a_figure_with_a_run_has_the_name_of_the_runs_setting(tiny_corpus, tmp_path):
    results = ResultPaths.of(tmp_path, "resnet1d", "tiny")
    data, group = data_for(RESNET1D, tiny_corpus.catalog, tmp_path, split="rotating", epochs=2)
    paper = replace(RESNET1D, figures=(figure_of(RESNET1D, "approach"),))
    alone = write_data_figures(paper, group, data, results)
    plain, of_run = "figure_approach_smoke_small_features", "figure_approach_smoke_small_features_2_epochs"
    assert names(alone.paths["approach"]) == [f"{plain}.png", f"{plain}.svg"]
    row = RESNET1D.row(*RESNET1D.default_row).experiment
    clip = record().clips[0].replace(id="blues.00000", label=0, votes=(1, 0, 0), mean_softmax=(1.0, 0.0, 0.0))
    clip = clip.replace(windows=1, windows_correct=1)
    facts = record().data.replace(genres=tiny_corpus.GENRES)
    run = record().replace(row_experiment=row.digest, data=facts, clips=(clip,), setting=group.setting)
    with_run = Group(group.setting, "", (run,))
    drawn = write_data_figures(paper, with_run, data, results)
    assert names(drawn.paths["approach"]) == [f"{of_run}.png", f"{of_run}.svg"]


def test_every_kind_of_figure_of_the_data_can_be_drawn():
    kinds = {kind for kind, needs in FIGURE_KINDS.items() if needs == Needs.DATA}
    assert kinds == set(data_figures._MAKERS)
