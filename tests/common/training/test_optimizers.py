"""Accumulation: several small batches give the update of one large batch, whatever else acts on the update."""

import keras
import numpy as np
import pytest

from common.paper.training import Training
from common.training.optimizers import AccumulatedAdam, AccumulationSchedule, optimizer_of
from common.training.regularizers import regularise

STEPS, MICRO_BATCH = 4, 10
BATCH = STEPS * MICRO_BATCH
RATE = 1e-2
# No remainder; a short last batch; three batches left over; with a short one; less than one batch; two updates, the
# second with fewer samples; two full updates.
SAMPLES = [40, 34, 30, 24, 3, 74, 80]
PENALTIES = {
    "none": {},
    "L2 sum": {"l2": 0.05},
    "L2 mean": {"l2": 20.0, "l2_form": "mean"},
    "decoupled": {"l2": 5.0, "l2_form": "decoupled"},
}
CLIPPING = {
    "not clipped": {},
    "clipnorm": {"clipnorm": 0.05},
    "global_clipnorm": {"global_clipnorm": 0.1},
    "clipvalue": {"clipvalue": 0.01},
}
RATES = {
    "constant": lambda: RATE,
    "schedule": lambda: keras.optimizers.schedules.ExponentialDecay(RATE, decay_steps=1, decay_rate=0.5),
}


def data(samples: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.normal(size=(samples, 12, 2)).astype(np.float32), rng.integers(0, 4, samples)


def network() -> keras.Model:
    """Convolutions without batch normalisation, whose statistics would depend on the size of a batch."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((12, 2))
    x = keras.layers.Conv1D(8, 3, activation="tanh", name="conv1")(inputs)
    x = keras.layers.Conv1D(8, 3, activation="tanh", name="conv2")(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(4, activation="softmax", name="genre")(x))


def compiled(optimizer, model: keras.Model, *, eager: bool = False) -> keras.Model:
    """Eager where there are many cases: tracing takes longer than training."""
    model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False, run_eagerly=eager)
    return model


def accumulated(penalty=None, *, rate=RATE, reduce="mean", eager=False, **clipping) -> keras.Model:
    """A model that is updated once in 4 batches of 10."""
    training = Training(epochs=1, l2_layers="conv.", **(penalty or {}))
    model = network()
    undecayed = regularise(model, training)
    decay = {"weight_decay": training.l2} if training.l2_form == "decoupled" else {}
    optimizer = AccumulatedAdam(
        rate, batch_samples=MICRO_BATCH, gradient_accumulation_steps=STEPS, reduce=reduce, **decay, **clipping
    )
    optimizer.exclude_from_weight_decay(var_list=undecayed)
    return compiled(optimizer, model, eager=eager)


def large_batch(penalty=None, *, rate=RATE, **clipping) -> keras.Model:
    """A model that is trained on whole batches of 40, with Keras' own optimiser; eager, as it has few steps."""
    training = Training(epochs=1, l2_layers="conv.", **(penalty or {}))
    model = network()
    undecayed = regularise(model, training)
    decay = {"weight_decay": training.l2} if training.l2_form == "decoupled" else {}
    optimizer = keras.optimizers.Adam(rate, **decay, **clipping)
    optimizer.exclude_from_weight_decay(var_list=undecayed)
    return compiled(optimizer, model, eager=True)


def train(model: keras.Model, samples: int, *, epochs: int = 1, left_over: str = "flush") -> keras.Model:
    """Train a model of `accumulated`."""
    x, y = data(samples)
    callbacks = [AccumulationSchedule(samples, left_over)]
    model.fit(x, y, batch_size=MICRO_BATCH, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    return model


def train_large(model: keras.Model, samples: int) -> keras.Model:
    """Train a model of `large_batch`."""
    x, y = data(samples)
    for first in range(0, samples, BATCH):
        model.train_on_batch(x[first : first + BATCH], y[first : first + BATCH])
    return model


def distance(one: keras.Model, other: keras.Model) -> float:
    return max(np.abs(a - b).max() for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


class Reused:
    """A model that several tests train, each from the initial weights and the optimiser's initial state."""

    def __init__(self, model: keras.Model):
        model.optimizer.build(model.trainable_variables)
        self._model = model
        self._initial = [variable.numpy().copy() for variable in self._state()]

    def _state(self) -> list[keras.Variable]:
        return [*self._model.variables, *self._model.optimizer.variables]

    def __call__(self) -> keras.Model:
        for variable, value in zip(self._state(), self._initial, strict=True):
            variable.assign(value)
        return self._model


@pytest.fixture(scope="module")
def small_batches() -> Reused:
    return Reused(accumulated())


@pytest.fixture(scope="module")
def large_batches() -> Reused:
    return Reused(large_batch())


@pytest.mark.parametrize("samples", SAMPLES)
def test_small_batches_make_the_update_of_the_large_one(small_batches, large_batches, samples):
    one, other = train(small_batches(), samples), train_large(large_batches(), samples)
    assert distance(one, network()) > 1e-3, "nothing was learnt, so nothing is compared"
    assert distance(one, other) < 1e-6
    assert not one.optimizer.is_waiting
    assert int(one.optimizer.iterations) == int(other.optimizer.iterations) == -(-samples // BATCH)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("clipping", CLIPPING)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties_clipping_and_schedules_act_once_an_update(penalty, clipping, rate):
    """A flushed update of 14, whose last batch has 4 samples, and then a full one of 40."""
    one = accumulated(PENALTIES[penalty], rate=RATES[rate](), eager=True, **CLIPPING[clipping])
    other = large_batch(PENALTIES[penalty], rate=RATES[rate](), **CLIPPING[clipping])
    for samples in (14, 40):
        train(one, samples)
        train_large(other, samples)
    assert distance(one, other) < 1e-6


@pytest.mark.parametrize("penalty", [name for name in PENALTIES if name != "none"])
def test_each_penalty_changes_the_weights(small_batches, penalty):
    """Otherwise the comparison above would pass without any penalty."""
    assert distance(train(accumulated(PENALTIES[penalty]), 40), train(small_batches(), 40)) > 1e-4


def test_keras_without_accumulated_adam_gets_the_ragged_tail_and_the_schedule_wrong(large_batches):
    """`AccumulatedAdam` is needed: when this test fails, Keras does it correctly and ours can be removed."""
    steps = {"gradient_accumulation_steps": STEPS}
    x, y = data(34)
    ragged = compiled(keras.optimizers.Adam(RATE, **steps), network(), eager=True)
    ragged.fit(x, y, batch_size=MICRO_BATCH, shuffle=False, verbose=0)
    assert distance(ragged, train_large(large_batches(), 34)) > 1e-3
    x, y = data(80)
    scheduled = compiled(keras.optimizers.Adam(RATES["schedule"](), **steps), network(), eager=True)
    scheduled.fit(x, y, batch_size=MICRO_BATCH, shuffle=False, verbose=0)
    assert distance(scheduled, train_large(large_batch(rate=RATES["schedule"]()), 80)) > 1e-3


@pytest.mark.parametrize("samples", [60, 55])
def test_carried_batches_join_the_next_epoch(small_batches, large_batches, samples):
    """Six batches an epoch: the last two make an update with the first two of the next epoch."""
    x, y = data(samples)
    model = train(small_batches(), samples, epochs=2, left_over="carry")
    assert not model.optimizer.is_waiting
    twice = np.concatenate((np.arange(samples), np.arange(samples)))
    first, second = BATCH, samples + 2 * MICRO_BATCH
    expected = large_batches()
    for piece in (twice[:first], twice[first:second], twice[second:]):
        expected.train_on_batch(x[piece], y[piece])
    assert distance(model, expected) < 1e-6


def test_carried_batches_are_applied_by_a_later_flush(small_batches, large_batches):
    model = train(small_batches(), 60, left_over="carry")
    assert model.optimizer.is_waiting
    assert distance(model, train_large(large_batches(), 40)) > 0
    model.optimizer.flush()
    assert not model.optimizer.is_waiting
    before = model.get_weights()
    model.optimizer.flush()
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_flush_begins_a_new_update(small_batches):
    """After it, four batches are needed again, and Adam has counted one more update."""
    model = small_batches()
    train(model, 30)
    assert int(model.optimizer.iterations) == 1
    train(model, 30, left_over="carry")
    assert int(model.optimizer.iterations) == 1
    assert model.optimizer.is_waiting
    train(model, 10, left_over="carry")
    assert int(model.optimizer.iterations) == 2


@pytest.fixture(scope="module")
def summed_batches() -> Reused:
    return Reused(accumulated(reduce="sum"))


@pytest.mark.parametrize("samples", [40, 34])
def test_the_sum_is_the_mean_times_the_full_batches(small_batches, summed_batches, samples):
    """Seen in Adam's first moment, which is a tenth of the first gradient."""
    by_mean, by_sum = (train(batches(), samples) for batches in (small_batches, summed_batches))
    for mean, total in zip(by_mean.optimizer._momentums, by_sum.optimizer._momentums, strict=True):
        np.testing.assert_allclose(total.numpy(), mean.numpy() * samples / MICRO_BATCH, rtol=1e-4, atol=1e-8)


def test_the_optimiser_that_an_experiment_asks_for():
    model = network()
    kernels = [model.get_layer("conv1").kernel]
    others = [variable for variable in model.trainable_variables if variable is not kernels[0]]
    plain = optimizer_of(Training(epochs=1, learning_rate=0.5), others)
    assert type(plain) is keras.optimizers.Adam
    assert float(plain.learning_rate) == 0.5
    assert plain.weight_decay is None
    training = Training(epochs=1, batch_windows=10, accumulate_batches=8, accumulate_reduce="sum", l2=0.1)
    training = training.replace(l2_form="decoupled")
    ours = optimizer_of(training, others)
    assert (ours.batch_samples, ours.gradient_accumulation_steps, ours.reduce) == (10, 8, "sum")
    assert ours.weight_decay == 0.1
    assert [ours._use_weight_decay(variable) for variable in (kernels[0], others[0])] == [True, False]
    assert optimizer_of(training.replace(l2_form="sum"), others).weight_decay is None


def test_the_optimiser_can_be_made_again_from_its_configuration():
    one = AccumulatedAdam(0.1, batch_samples=10, gradient_accumulation_steps=8, reduce="sum", clipnorm=1.0)
    twin = AccumulatedAdam.from_config(one.get_config())
    assert twin.get_config() == one.get_config()
