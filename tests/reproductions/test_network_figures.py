"""The figures of networks of every paper show all of the built model, and each of their texts can be read."""

import functools
from collections import Counter

import keras
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from common.paper.experiment import Experiment
from common.paper.figures import Figure
from common.paper.network_graph import NetworkLayer, network_layers
from common.paper.parameters import build_without_values, count_trainable
from common.records.paths import ResultPaths
from common.reports import network_figures
from common.reports.figures.files import figure_files
from common.reports.network_figures import network_series, write_network_figures
from common.reports.networks.boxes import Box, Kind, blocks_of
from common.training.regularizers import layers_within
from tests.helpers.papers import KEYS, paper_of
from tests.helpers.pictures import stand_in

KINDS = ("network", "block")
# Papers with figures of networks: all that have a document.
DRAWN = {
    "crnn": ["cnn1d", "cnn2d", "cnn1d_gru", "cnn1d_lstm", "cnn2d_gru", "cnn2d_lstm"],
    "embeddings": ["1", "baseline", "question1"],
    "nnet": ["nnet1", "nnet2"],
    "resnet1d": ["network", "residual_block", "shortcut"],
    "se_cnn": ["3.1", "4.1"],
    "soundfusion": [
        *("simplecnn", "resnet2d", "nnet1", "nnet2", "vgg16", "resnet1d", "fusion_features", "fusion_decisions"),
    ],
}
FIGURES = [
    pytest.param(key, figure, id=f"{key} {figure.id}")
    for key in KEYS
    for figure in paper_of(key).figures
    if figure.kind in KINDS
]


def experiment_of(key: str, figure: Figure) -> Experiment:
    paper = paper_of(key)
    return paper.row(*(figure.rows[0] if figure.rows else paper.default_row)).experiment


@functools.cache
def model_of(key: str, experiment: Experiment) -> keras.Model:
    return build_without_values(paper_of(key), experiment)


def layers_of(key: str, figure: Figure) -> tuple[NetworkLayer, ...]:
    return network_layers(model_of(key, experiment_of(key, figure)))


def boxes_of(key: str, figure: Figure) -> list[Box]:
    return [box for block in blocks_of(network_series(figure, layers_of(key, figure))) for box in block.boxes]


def drawn(key: str, ids: list[str], tmp_path, monkeypatch) -> tuple[dict, list]:
    """The files that are written, and the figures of Matplotlib, with the models of `model_of`."""
    figures = []

    def savefig(figure, file, *, format, metadata, **_):
        figures.append(figure)
        file.write(stand_in(format, str(metadata["Description"])))

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", savefig)
    monkeypatch.setattr(
        network_figures, "row_layers", lambda paper, experiment: network_layers(model_of(paper.key, experiment))
    )
    return write_network_figures(paper_of(key), ResultPaths.of(tmp_path, key, "data"), ids), figures[::2]


def test_every_paper_with_a_document_declares_the_networks_that_it_shows():
    found = {key: [figure.id for figure in paper_of(key).figures if figure.kind in KINDS] for key in KEYS}
    assert {key: ids for key, ids in found.items() if ids} == DRAWN


@pytest.mark.parametrize(("key", "figure"), FIGURES)
def test_all_texts_are_inside_of_the_figure_and_apart_from_each_other(key, figure, tmp_path, monkeypatch):
    written, (drawing,) = drawn(key, [figure.id], tmp_path, monkeypatch)
    assert written == {figure.id: figure_files(tmp_path / key / "data" / "figures" / f"figure_{figure.id}")}
    assert all(path.is_file() for path in written[figure.id])
    renderer = FigureCanvasAgg(drawing).get_renderer()
    texts = [text for text in drawing.axes[0].texts if text.get_text()]
    places = [text.get_window_extent(renderer) for text in texts]
    assert len(texts) > 5
    for text, place in zip(texts, places, strict=True):
        assert place.x0 >= 0 <= place.y0, text.get_text()
        assert place.x1 <= drawing.bbox.x1, text.get_text()
        assert place.y1 <= drawing.bbox.y1, text.get_text()
    for number, place in enumerate(places):
        others = [texts[other].get_text() for other in range(number) if places[other].overlaps(place)]
        assert others == [], texts[number].get_text()


@pytest.mark.parametrize(("key", "figure"), [case for case in FIGURES if case.values[1].kind == "network"])
def test_the_boxes_of_a_network_hold_each_layer_once_and_all_its_parameters(key, figure):
    model, boxes = model_of(key, experiment_of(key, figure)), boxes_of(key, figure)
    shown = Counter(name for box in boxes for name in box.layers)
    assert set(shown.values()) == {1}
    layers = layers_within(model)
    # The input of a model within the model is the output of another layer.
    expected = [
        layer.name for layer in layers if layer in model.layers or not isinstance(layer, keras.layers.InputLayer)
    ]
    assert sorted(shown) == sorted(expected)
    assert sum(box.parameters for box in boxes) == count_trainable(model)
    untrained = sum(int(np.prod(weight.shape)) for layer in layers if not layer.trainable for weight in layer.weights)
    assert sum(box.fixed for box in boxes) == untrained


@pytest.mark.parametrize(("key", "figure"), FIGURES)
def test_shapes_and_parameters_of_boxes_are_those_of_the_model(key, figure):
    layers = {layer.name: layer for layer in layers_within(model_of(key, experiment_of(key, figure)))}
    for box in boxes_of(key, figure):
        each = len(box.layers) // len(box.shapes)
        assert len(box.layers) == each * len(box.shapes)
        assert list(box.shapes) == [tuple(layers[name].output.shape[1:]) for name in box.layers[each - 1 :: each]]
        outside = figure.kind == "block" and box.kind == Kind.INPUT
        assert box.parameters == (0 if outside else sum(count_trainable(layers[name]) for name in box.layers))


def test_a_part_holds_no_layer_outside_of_it():
    """ResNet1D's first block with a convolution on its shortcut."""
    figure = next(figure for figure in paper_of("resnet1d").figures if figure.id == "shortcut")
    boxes = boxes_of("resnet1d", figure)
    assert [name for box in boxes for name in box.layers if not name.startswith("block3_")] == ["pool2"]
    assert sum(box.parameters for box in boxes) == 329_984
