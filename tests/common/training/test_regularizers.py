"""L2 in its three forms: the value of each, which kernels it covers, and that the evaluated loss includes it."""

import keras
import numpy as np
import pytest

from common.core.errors import SpecError
from common.core.spec import build as build_spec
from common.paper.training import Training
from common.training.regularizers import MeanL2, penalised_kernels, regularise
from data_pipeline.augmentation.network import augmented
from data_pipeline.augmentation.specs import Augmentation, SpectrogramAugmentation
from reproductions.resnet1d.model import build
from reproductions.resnet1d.paper import BLOCK_CONVOLUTIONS, PAPER
from reproductions.resnet1d.specs import ResNet1dSpec

NARROW = ResNet1dSpec(stem_filters=2, block_filters=(2, 2, 4, 4, 4, 4, 4, 4, 8), head_filters=8)


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    x = keras.layers.Dense(5, activation="tanh", name="hidden")(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="genre")(x))


def loss_of(model: keras.Model) -> float:
    model.compile("adam", "sparse_categorical_crossentropy")
    return model.evaluate(np.ones((4, 6), np.float32), np.arange(4) % 3, verbose=0)


@pytest.mark.parametrize(("form", "of"), [("sum", np.sum), ("mean", np.mean)])
def test_the_penalty_is_part_of_the_loss(form, of):
    model = network()
    plain = loss_of(model)
    others = regularise(model, Training(epochs=1, l2=0.1, l2_form=form, l2_layers="hidden"))
    kernel = model.get_layer("hidden").get_weights()[0].astype(np.float64)
    assert loss_of(model) - plain == pytest.approx(0.1 * of(kernel**2), rel=1e-4)
    assert [variable.path for variable in others] == ["hidden/bias", "genre/kernel", "genre/bias"]


@pytest.mark.parametrize("training", [Training(epochs=1), Training(epochs=1, l2=0.1, l2_form="decoupled")])
def test_nothing_is_added_without_a_penalty_or_with_decoupled_decay(training):
    model = network()
    plain = loss_of(model)
    others = regularise(model, training)
    assert loss_of(model) == plain
    assert len(others) == (2 if training.l2 else 4)


def test_the_mean_is_the_sum_over_the_size():
    weights = np.random.default_rng(0).normal(size=(3, 256, 256)).astype(np.float32)
    total = float(keras.regularizers.L2(0.001)(keras.ops.convert_to_tensor(weights)))
    assert float(MeanL2(0.001)(keras.ops.convert_to_tensor(weights))) == pytest.approx(total / 196_608, rel=1e-5)
    assert MeanL2.from_config(MeanL2(0.3).get_config()).strength == 0.3


def test_the_block_convolutions_are_18_and_with_projections_20():
    model = build(NARROW, (59049, 1), 10)
    assert len(penalised_kernels(model, BLOCK_CONVOLUTIONS)) == 18
    assert len(penalised_kernels(model, r"block\d_(conv[12]|projection)")) == 20
    assert len(penalised_kernels(model, ".*")) == 23
    assert PAPER.row("7", "L2").experiment.training.l2_layers == BLOCK_CONVOLUTIONS


def test_a_pattern_that_covers_nothing_is_refused():
    with pytest.raises(SpecError, match=r"'conv': matches no layer .* hidden, genre") as caught:
        regularise(network(), Training(epochs=1, l2=0.1, l2_layers="conv"))
    assert "training.l2_layers" in str(caught.value)
    with pytest.raises(ValueError, match="not a regular expression"):
        Training(epochs=1, l2_layers="(")


def test_a_penalty_on_all_variables_is_pytorchs_weight_decay():
    """Adam after PyTorch's rule, `gradient + decay * variable`, by hand: biases and normalisations too."""
    decay, rate = 0.1, 0.01
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    x = keras.layers.BatchNormalization(name="norm")(keras.layers.Dense(5, name="hidden")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="genre")(x))
    model.get_layer("hidden").bias.assign(np.linspace(-1, 1, 5))
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    x, y = np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32), np.arange(8) % 3

    twin.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    before = [variable.numpy().copy() for variable in twin.trainable_variables]
    twin.train_on_batch(x, y)
    gradients = [old - variable.numpy() for old, variable in zip(before, twin.trainable_variables, strict=True)]

    training = Training(epochs=1, l2=decay / 2, l2_variables="all")
    assert regularise(model, training) == []
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.train_on_batch(x, y)
    for old, gradient, variable in zip(before, gradients, model.trainable_variables, strict=True):
        decayed = gradient + decay * old
        # Adam's first step: the bias corrections make it rate * g / (|g| + epsilon).
        expected = old - rate * decayed / (np.abs(decayed) + 1e-7)
        clear = np.abs(decayed) > 1e-4  # where rounding does not decide the sign
        assert clear.any()
        np.testing.assert_allclose(variable.numpy()[clear], expected[clear], atol=2e-5)


def test_a_penalty_reaches_the_layers_of_a_network_behind_augmentation():
    inputs = keras.Input((8, 9, 1))
    inner = keras.Model(inputs, keras.layers.Dense(3, name="genre")(keras.layers.Flatten()(inputs)))
    masks = Augmentation(spectrogram=SpectrogramAugmentation(probability=1.0))
    assert [kernel.path for kernel in penalised_kernels(augmented(inner, masks), "genre")] == ["genre/kernel"]


def test_l2_on_all_variables_cannot_name_layers():
    with pytest.raises(SpecError, match="covers every layer"):
        build_spec(Training, {"epochs": 1, "l2_variables": "all", "l2_layers": "hidden"})
