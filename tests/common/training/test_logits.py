"""Networks that do not end in logits are refused, in one line."""

import keras
import pytest

from common.core.errors import SpecError
from common.training.logits import require_logits
from common.training.model_cache import CompiledModelCache
from tests.helpers.fitting import make_run

LAYERS = keras.layers
ENDS = {
    "Dense": lambda x: LAYERS.Dense(3, activation="softmax", name="last")(x),
    "Activation": lambda x: LAYERS.Activation("softmax", name="last")(x),
    "Softmax": lambda x: LAYERS.Softmax(name="last")(x),
    "operation": keras.ops.softmax,
}


def network(end, **arguments) -> keras.Model:
    inputs = keras.Input((4,))
    x = LAYERS.Dense(3, activation="relu")(inputs)
    return keras.Model(inputs, end(LAYERS.Dense(3, **arguments)(x)), name="net")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("nested", [False, True])
def test_a_network_that_ends_in_a_softmax_is_refused(end, nested):
    model = network(ENDS[end])
    if nested:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, model(inputs), name="outer")
    with pytest.raises(
        SpecError, match=r"its last layer, \S+, is a softmax, expected logits.*Leave the softmax out"
    ) as raised:
        require_logits(model)
    assert "\n" not in str(raised.value)


def test_logits_of_other_precision_are_refused():
    model = network(lambda x: LAYERS.Activation("linear", name="last", dtype="bfloat16")(x))
    with pytest.raises(SpecError, match=r"net: the output of last is bfloat16, expected logits in float32"):
        require_logits(model)


def test_networks_that_end_in_logits_are_accepted():
    require_logits(network(lambda x: x))
    require_logits(network(lambda x: LAYERS.Dense(3)(LAYERS.Softmax()(x))))


def test_no_run_trains_a_network_that_ends_in_a_softmax(tiny_arrays, tmp_path):
    run, _ = make_run(tiny_arrays, tmp_path)
    with pytest.raises(SpecError, match="is a softmax"):
        CompiledModelCache().model_for(run.experiment, lambda *_: network(ENDS["Dense"]), (4,), 3, seed=0)
