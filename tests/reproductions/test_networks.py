"""What the networks of every paper must do, generated over all folders of `reproductions/`."""

import keras
import numpy as np
import pytest

from common.layers import pointwise
from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.parameters import StoredNetworks, count_parameters, count_trainable
from common.training.logits import cross_entropy, require_logits
from common.training.optimizers import optimizer_of
from tests.helpers.papers import KEYS, paper_of

# Networks with the layers of another one, in other widths or with other rates; ResNet101 has more blocks than ResNet50,
# and takes as long to build as ten other networks.
ONLY_OTHER_SIZES = {
    ("crnn", "variants [CNN 1D + GRU, ReduceLROnPlateau]"),
    ("crnn", "variants [CNN 1D + LSTM, global pooling]"),
    ("embeddings", "2 [ResNet101]"),
    ("se_cnn", "5.2 [8]"),
    ("se_cnn", "5.2 [32]"),
    ("se_cnn", "5.3 [16,32,64,128,64]"),
    ("se_cnn", "5.3 [64,128,256,512,256]"),
    ("soundfusion", "regularisation [ResNet1D: none]"),
    ("soundfusion", "regularisation [ResNet1D: dropout]"),
    ("soundfusion", "width [ResNet1D-l]"),
    ("soundfusion", "regularisation [ResNet2D: none]"),
    ("soundfusion", "width [ResNet2D-m]"),
    ("soundfusion", "width [ResNet2D-l]"),
    ("soundfusion", "nnet2 [without regularisation]"),
}


def reduced(paper: Paper, experiment: Experiment) -> Experiment:
    """With the smaller network of smoke scale, where the paper has one."""
    smoke = {path: value for path, value in paper.smoke.items() if path.startswith("model.") and experiment.has(path)}
    return experiment.with_values(smoke)


def distinct_models() -> list:
    """One row for every distinct network of every paper."""
    cases = {}
    for key in KEYS:
        paper = paper_of(key)
        for table in paper.tables:
            for row in table.rows:
                experiment = reduced(paper, row.experiment)
                cases.setdefault((key, experiment.model.digest), (f"{table.id} [{row.label}]", experiment))
    return [
        pytest.param(
            *(key, experiment),
            id=f"{key} {label}",
            marks=[pytest.mark.slow] if (key, label) in ONLY_OTHER_SIZES else [],
        )
        for (key, _), (label, experiment) in cases.items()
    ]


def small_input(paper: Paper, experiment) -> tuple:
    """The window (or the two) of the paper's small feature: every network has to take it."""
    second = experiment.second_input
    return paper.input_shape(
        experiment.replace(
            feature=paper.small_feature(experiment.feature),
            second_input=second and second.replace(feature=paper.small_feature(second.feature)),
        )
    )


def noise(windows: int, shape: tuple):
    """Random windows: one array, or a list of two for a network with two inputs."""
    rng = np.random.default_rng(0)
    if isinstance(shape[0], tuple):
        return [rng.random((windows, *each), dtype=np.float32) for each in shape]
    return rng.random((windows, *shape), dtype=np.float32)


def outputs(model: keras.Model, x) -> np.ndarray:
    """In inference, and without `predict`, which would compile every network for one batch."""
    return keras.ops.convert_to_numpy(model(x, training=False))


def strided_pointwise(model: keras.Model) -> list[str]:
    """Names of Keras' own convolutions with a kernel of one value and a stride."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += strided_pointwise(layer)
        elif isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D) and set(layer.kernel_size) == {1}:
            leaves_out_first = isinstance(layer, pointwise.Conv1D | pointwise.Conv2D)
            found += [] if leaves_out_first or set(layer.strides) == {1} else [layer.name]
    return found


def test_networks_of_other_sizes_are_rows_that_exist():
    found = {(key, f"{table.id} [{row.label}]") for key in KEYS for table in paper_of(key).tables for row in table.rows}
    assert found >= ONLY_OTHER_SIZES


@pytest.mark.parametrize(("key", "experiment"), distinct_models())
def test_a_network_gives_logits_and_its_weights_survive_a_file(key, experiment, tmp_path):
    paper = paper_of(key)
    shape = small_input(paper, experiment)
    keras.utils.set_random_seed(0)
    model = paper.build(experiment.model, shape, 10)
    x = noise(2, shape)
    require_logits(model)
    assert strided_pointwise(model) == [], "see common/layers/pointwise.py"
    logits = outputs(model, x)
    assert logits.shape == (2, 10)
    assert logits.dtype == np.float32
    assert (abs(logits.sum(axis=1) - 1) > 1e-5).all(), "these are probabilities"
    model.save_weights(tmp_path / "a.weights.h5")
    twin = paper.build(experiment.model, shape, 10)
    assert not np.array_equal(outputs(twin, x), logits)
    twin.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(outputs(twin, x), logits)


@pytest.mark.parametrize("key", KEYS)
def test_training_steps_lower_the_loss_of_the_default_network(key):
    paper = paper_of(key)
    experiment = reduced(paper, paper.default_experiment)
    keras.utils.set_random_seed(0)
    model = paper.build(experiment.model, small_input(paper, experiment), 4)
    # Tracing a step takes longer than ten untraced ones, except where a network goes through the frames one by one.
    recurrent = any(isinstance(layer, keras.layers.Bidirectional) for layer in model.layers)
    tensorflow = keras.backend.backend() == "tensorflow"
    jit = False if tensorflow else "auto"  # as runs compile it
    eager = tensorflow and not recurrent
    model.compile(optimizer_of(experiment.training, []), cross_entropy(), run_eagerly=eager, jit_compile=jit)
    labels = np.arange(4)
    x = noise(4, small_input(paper, experiment))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0  # otherwise the loss of a step would depend on chance
    losses = []
    # Of the steps themselves: in evaluation, moving statistics of normalisations would lag behind.
    for _ in range(10):
        model.reset_metrics()
        losses.append(model.train_on_batch(x, labels))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("key", KEYS)
def test_listed_parameters_are_those_of_the_built_network(key):
    paper = paper_of(key)
    experiment = paper.default_experiment
    model = paper.build(experiment.model, paper.input_shape(experiment), paper.published_classes)
    total = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert count_parameters(paper, experiment) == count_trainable(model) == total


# Those of the papers with most rows take seconds.
_MOST_ROWS = ("embeddings", "soundfusion")


@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=[pytest.mark.slow] if key in _MOST_ROWS else []) for key in KEYS]
)
def test_stored_parameters_and_layers_are_those_of_the_built_networks(key):
    """Where this fails after a change of a network: `encore list PAPER --update-counts`."""
    paper = paper_of(key)
    assert StoredNetworks.read(paper) == StoredNetworks.built(paper)
