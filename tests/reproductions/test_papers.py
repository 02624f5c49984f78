"""What every paper must do, generated over all folders of `reproductions/`."""

import keras
import numpy as np
import pytest

from common.cli.listing import listing
from common.core.spec import Spec
from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.parameters import StoredNetworks, count_parameters, count_trainable
from common.paper.provenance import value_paths
from common.paper.tables import ArchitectureTable
from common.training.logits import cross_entropy, require_logits
from common.training.optimizers import optimizer_of
from tests.helpers.papers import KEYS, ROOT, imports_of, paper_of


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
    # ResNet101 is ResNet50 with more of the same blocks, and takes as long to build as ten other networks.
    return [
        pytest.param(*(key, experiment), id=f"{key} {label}", marks=[pytest.mark.slow] if "ResNet101" in label else [])
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


@pytest.mark.parametrize(("key", "experiment"), distinct_models())
def test_a_network_gives_logits_and_its_weights_survive_a_file(key, experiment, tmp_path):
    paper = paper_of(key)
    shape = small_input(paper, experiment)
    keras.utils.set_random_seed(0)
    model = paper.build(experiment.model, shape, 10)
    x = noise(2, shape)
    require_logits(model)
    logits = model.predict(x, verbose=0)
    assert logits.shape == (2, 10)
    assert logits.dtype == np.float32
    assert (abs(logits.sum(axis=1) - 1) > 1e-5).all(), "these are probabilities"
    model.save_weights(tmp_path / "a.weights.h5")
    twin = paper.build(experiment.model, shape, 10)
    assert not np.array_equal(twin.predict(x, verbose=0), logits)
    twin.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(twin.predict(x, verbose=0), logits)


@pytest.mark.parametrize("key", KEYS)
def test_training_steps_lower_the_loss_of_the_default_network(key):
    paper = paper_of(key)
    experiment = reduced(paper, paper.default_experiment)
    keras.utils.set_random_seed(0)
    model = paper.build(experiment.model, small_input(paper, experiment), 4)
    model.compile(optimizer_of(experiment.training, []), cross_entropy())
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
def test_listing_follows_the_contract(key):
    values = listing(paper_of(key))
    assert set(values) == {"paper", "tables"}
    assert values["paper"] == key
    for table in values["tables"]:
        assert {"id", "title", "metrics", "rows"} <= set(table)
        assert len({row["label"] for row in table["rows"]}) == len(table["rows"])
        for row in table["rows"]:
            assert set(row) == {"label", "published", "trainable_parameters", "experiment"}
            assert isinstance(row["trainable_parameters"], int)
            assert set(row["published"]) == set(table["metrics"])
            assert len(row["experiment"]) == 64


@pytest.mark.parametrize("key", KEYS)
def test_listed_parameters_are_those_of_the_built_network(key):
    paper = paper_of(key)
    experiment = paper.default_experiment
    model = paper.build(experiment.model, paper.input_shape(experiment), paper.published_classes)
    total = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert count_parameters(paper, experiment) == count_trainable(model) == total


@pytest.mark.parametrize("key", KEYS)
def test_stored_parameters_and_layers_are_those_of_the_built_networks(key):
    """Where this fails after a change of a network: `encore list PAPER --update-counts`."""
    paper = paper_of(key)
    assert StoredNetworks.read(paper) == StoredNetworks.built(paper)


@pytest.mark.parametrize("key", KEYS)
def test_every_value_of_every_row_says_where_it_comes_from(key):
    paper = paper_of(key)
    for table in paper.tables:
        for row in table.rows:
            assert set(value_paths([row.experiment])) <= set(paper.value_sources), row.label
    paths = value_paths(paper.experiments)
    assert set(paper.value_sources) == set(paths)
    assert all(source.reason for source in paper.value_sources.values())
    unused = {path for path, source in paper.value_sources.items() if source.status == "unused"}
    assert not unused & {path for path, used in paths.items() if used}


@pytest.mark.parametrize("key", KEYS)
def test_tables_are_found_by_id_and_the_default_row_exists(key):
    paper = paper_of(key)
    assert paper.key == key
    assert isinstance(paper.default_experiment.model, Spec)
    for name in paper.table_ids:
        assert paper.table(name).id == name
    for table in paper.architecture:
        assert isinstance(table, ArchitectureTable)


@pytest.mark.parametrize("key", KEYS)
def test_models_import_no_backend(key):
    for path in sorted((ROOT / "reproductions" / key).glob("*.py")):
        assert not {name.split(".")[0] for name in imports_of(path)} & {"tensorflow", "jax", "torch"}, path.name


@pytest.mark.parametrize("key", KEYS)
def test_smoke_scale_changes_what_rows_have_and_every_feature_has_a_small_one(key):
    paper = paper_of(key)
    for of_paper in (False, True):
        for path in paper.smoke_values(paper_features=of_paper):
            assert any(experiment.has(path) for experiment in paper.experiments), path
    seen = {given.feature for experiment in paper.experiments for given in experiment.inputs}
    assert set(paper.small_features) <= seen
    for feature in seen:
        assert _values_per_second(paper.small_feature(feature)) <= _values_per_second(feature)


def _values_per_second(feature) -> float:
    return feature.frames_per_second * feature.bins


@pytest.mark.parametrize("key", KEYS)
def test_figures_and_confusions_are_of_rows_that_exist(key):
    paper = paper_of(key)
    for figure in paper.figures:
        for table, label in figure.rows:
            assert paper.row(table, label)
        if figure.table:
            assert {row.label for row in paper.table(figure.table).rows} == set(figure.places)
    for confusion in paper.confusions:
        assert paper.row(*confusion.row)
        assert not {confusion.id, confusion.table_id} & set(paper.table_ids)
        assert paper.confusion(confusion.id) is paper.confusion(confusion.table_id) is confusion
        assert len(confusion.counts) == len(confusion.genres) == paper.published_classes


def test_few_modules_import_tensorflow_and_only_the_stream_uses_tf_data():
    users = [
        path.relative_to(ROOT).as_posix()
        for package in ("common", "data_pipeline", "reproductions")
        for path in sorted((ROOT / package).rglob("*.py"))
        if any(name.split(".")[0] == "tensorflow" for name in imports_of(path))
    ]
    # Its strategies divide batches among devices, only it knows the names of its GPUs, and only it reads checkpoints
    # of TensorFlow 1.
    assert users == [
        "common/records/environment.py",
        "common/training/devices.py",
        "common/training/mirrored.py",
        "data_pipeline/features/musicnn/weights.py",
        "data_pipeline/windows/tf_dataset.py",
    ]
    for user in users[:-1]:
        assert "tf.data" not in (ROOT / user).read_text(encoding="utf-8"), user
