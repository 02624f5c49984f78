"""Figures from records: which are drawn for which records, and of what."""

from dataclasses import replace

import pytest
from matplotlib import pyplot as plt

from common.core.spec import build
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.paper.training import Training
from common.records.record import Record
from common.reports.figures.curves import draw_compared_curves, draw_curves
from common.reports.groups import groups_of
from common.reports.run_figures import run_figures, with_learning_rates
from common.reports.tables.confusion import confusion_table
from common.reports.tables.results import results_table
from reproductions.se_cnn.paper import PAPER as SE_CNN
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION
from tests.helpers import se_cnn_records
from tests.helpers.papers import KEYS, paper_of
from tests.helpers.soundfusion_records import record

RESNET1D_M, RESNET2D_M = ("performance", "ResNet1D-m"), ("width", "ResNet2D-m")
PLATEAU = {"plateau_epochs": 1, "plateau_factor": 0.5, "learning_rate": 0.25}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def drawings(paper: Paper, *records: Record):
    """Figure id -> what draws it, from all tables that the records support."""
    (group,) = groups_of(paper, list(records))
    made = {table.id: results_table(paper, table, group.setting, list(records)) for table in paper.tables}
    made = {name: table for name, table in made.items() if any(row["measured"] for row in table.values["rows"])}
    for published in paper.confusions:
        if matrix := confusion_table(paper, published, group.setting, list(records)):
            made[published.table_id] = matrix
    return run_figures(paper, group, made, made)


def of_plateau(*, learning_rates: tuple[float, ...] = ()) -> Record:
    """A run whose validation loss gets worse from the second epoch on, with learning rates or as earlier versions
    recorded it."""
    one = se_cnn_records.record()
    losses = (1.0, 2.0, 3.0)
    history = [
        {"epoch": epoch, "loss": 1.0, "accuracy": 0.5, "val_loss": loss, "val_accuracy": 0.5}
        for epoch, loss in enumerate(losses, start=1)
    ]
    for entry, rate in zip(history, learning_rates, strict=False):
        entry["learning_rate"] = rate
    training = build(Training, one.experiment["training"]).replace(**PLATEAU)
    return one.replace(history=tuple(history), experiment=one.experiment | {"training": training.as_json()})


@pytest.mark.parametrize("key", KEYS)
def test_every_figure_from_runs_has_what_its_kind_needs(key):
    paper = paper_of(key)
    for figure in paper.figures:
        assert (figure.kind == "confusions") == bool(figure.matrices), figure.id
        assert (figure.kind in {"curves", "comparison"}) == bool(figure.quantities), figure.id
        for level in figure.levels:
            assert set(level.rows) <= {label for _, label in figure.rows}, figure.id
        for name in figure.matrices:
            assert paper.confusion(name) is not None
        if figure.kind not in {"confusions", "heat_maps", "scaling", "tsne"} and figure.needs == Needs.RUNS:
            draw = draw_compared_curves if figure.kind == "comparison" else draw_curves
            rows = [(label, [of_plateau(learning_rates=(1.0, 1.0, 1.0))]) for _, label in figure.rows or [("", "a")]]
            assert draw(rows, figure.quantities or (figure.kind,), title="").axes


def test_epochs_without_a_learning_rate_get_that_of_the_schedule():
    found = with_learning_rates(of_plateau())
    assert [entry["learning_rate"] for entry in found.history] == [0.25, 0.25, 0.125]
    assert found.replace(history=of_plateau().history) == of_plateau()
    # What was recorded stays, also where a run was begun by an earlier version.
    assert with_learning_rates(of_plateau(learning_rates=(0.5, 0.5, 0.5))).history[2]["learning_rate"] == 0.5
    mixed = of_plateau()
    mixed = mixed.replace(history=(*mixed.history[:2], mixed.history[2] | {"learning_rate": 0.125}))
    assert [entry["learning_rate"] for entry in with_learning_rates(mixed).history] == [0.25, 0.25, 0.125]


@pytest.mark.parametrize(("learning_rates", "is_computed"), [((), True), ((0.2, 0.2, 0.1), False)])
def test_the_title_says_where_learning_rates_were_computed(learning_rates, is_computed):
    paper = replace(SE_CNN, figures=(Figure("rate", "learning_rate", "Learning rate"),))
    figure = drawings(paper, of_plateau(learning_rates=learning_rates))["rate"]()
    assert list(figure.axes[0].lines[0].get_ydata()) == list(learning_rates or (0.25, 0.25, 0.125))
    words = "\ncomputed from the schedule where the record holds no learning rates"
    assert figure.get_suptitle().endswith(words) == is_computed
    assert figure.get_suptitle().startswith("se_cnn, Figure rate: Learning rate\nGTZAN, holdout 60/10/30, by clip")


def test_a_figure_of_two_rows_names_the_only_one_that_was_run():
    figure = drawings(SOUNDFUSION, record("nnet2", "with regularisation", [(0, 0)]))["nnet2_loss"]()
    assert [axes.get_title() for axes in figure.axes] == ["with regularisation"]
    assert figure.get_suptitle().endswith("; 1 row not run")
    # A title that names the only row is enough.
    figure = drawings(SE_CNN, of_plateau())["5.2"]()
    assert [axes.get_title() for axes in figure.axes] == [""]


def test_matrices_of_two_tables_are_side_by_side_and_drawn_with_one_of_them():
    one, other = (record(*row, [(0, 0), (1, 2)]) for row in (RESNET1D_M, RESNET2D_M))
    both = drawings(SOUNDFUSION, one, other)["1d_2d"]()
    titles = [axes.get_title() for axes in both.axes[:4]]
    assert titles == [
        "ResNet1D-m, published: 42.6 % of 800 decisions",
        "ResNet2D-m, published: 53.6 % of 800 decisions",
        "ResNet1D-m, ours: 50.0 % of 2 decisions",
        "ResNet2D-m, ours: 50.0 % of 2 decisions",
    ]
    assert "not run" not in both.get_suptitle()
    single = drawings(SOUNDFUSION, other)["1d_2d"]()
    assert [text.get_text() for text in single.axes[2].texts] == ["not run"]
    assert single.axes[3].get_title() == titles[3]
    assert single.get_suptitle().endswith("; 1 row not run")
    assert "FMA-small" in single.get_suptitle()
    assert "1d_2d" not in drawings(SOUNDFUSION, record("performance", "SimpleCNN", [(0, 0)]))


def with_seconds(one: Record, *seconds: float) -> Record:
    history = tuple(one.history[0] | {"epoch": epoch, "seconds": value} for epoch, value in enumerate(seconds, start=1))
    return one.replace(history=history)


def test_a_heat_map_names_the_seconds_per_epoch_below_the_accuracy_of_its_cell():
    first, second = (f"p 0.7, {share} %, 1 mask" for share in (10, 20))
    runs = [
        with_seconds(record("specaugment1", first, [(0, 0)]), 9, 1.3),
        with_seconds(record("specaugment1", second, [(0, 0)]), 90, 12.4, 12.6),
    ]
    figure = drawings(SOUNDFUSION, *runs)["specaugment1"]()
    texts = [text.get_text() for text in figure.axes[1].texts]
    assert [text for text in texts if text.endswith(" s")] == ["1.3 s", "12.5 s"]
    assert figure.get_suptitle().endswith("; below it seconds per epoch")
    untimed = drawings(SOUNDFUSION, *(record("specaugment1", label, [(0, 0)]) for label in (first, second)))
    assert "seconds" not in untimed["specaugment1"]().get_suptitle()


def test_a_scaling_names_published_and_measured_seconds_per_epoch_below_the_parameters():
    run = with_seconds(record("width", "ResNet2D-m", [(0, 0)]), 9, 1.3)
    other = record("width", "ResNet2D-s", [(0, 0)])
    of_1d, of_2d = drawings(SOUNDFUSION, run, other)["width"]().axes
    assert of_2d.get_xlabel() == "trainable parameters\nseconds per epoch: published / ours"
    assert [text.get_text() for text in of_2d.get_xticklabels()] == [
        "s\n445,176\n79 / -",
        "m\n1,724,392\n153 / 1.3",
        "l\n6,784,968\n208 / -",
    ]
    assert of_1d.get_xticklabels()[0].get_text() == "s\n70,904\n121 / -"
