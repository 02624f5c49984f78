"""Adam with gradient accumulation: several small batches make one update, like one large batch that does not fit into
memory (document 002, section 6.3, after R. Rotenberg, "What is Gradient Accumulation in Deep Learning?", 2020).

Keras accumulates gradients itself (`gradient_accumulation_steps`); this module uses its sums, the choice of when an
update is due, clipping, weight decay, and Adam's bias correction by updates. `AccumulatedAdam` adds what Keras 3.15
lacks:

* a learning-rate schedule counts updates (Keras calls it for each small batch, with the number of batches);
* a batch is weighted by its samples (Keras gives the short last batch of an epoch the weight of a full one);
* batches left over at the end of an epoch can be flushed (Keras always carries them into the next epoch);
* besides the mean of the batches' gradients, their sum, as in the document.
"""

from typing import Any, Literal

import keras
from keras import ops

from common.paper.training import LeftOver, Training
from common.training.gradient_norms import measuring


class AccumulatedAdam(keras.optimizers.Adam):
    """Adam with one update for every `gradient_accumulation_steps` batches.

    It cannot know over how many samples a gradient is averaged: the callback `AccumulationSchedule` sets that; without
    it every batch counts as a full one.

    Args:
        learning_rate: a number, or a schedule over the number of updates.
        batch_samples: samples in a full batch.
        gradient_accumulation_steps: batches per update, at least 2.
        reduce: `mean` over the samples of an update, or `sum` over its batches (a short batch adds in proportion).
        arguments: of `keras.optimizers.Adam`: `weight_decay`, `clipnorm` and so on; they act once per update.
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-3,
        *,
        batch_samples: int,
        gradient_accumulation_steps: int,
        reduce: Literal["mean", "sum"] = "mean",
        **arguments: Any,
    ):
        super().__init__(learning_rate, gradient_accumulation_steps=gradient_accumulation_steps, **arguments)
        self.batch_samples = batch_samples
        self.reduce = reduce
        # Counted in full batches, so that full batches leave every gradient unchanged, bit for bit.
        self._batch_share = self.add_variable((), initializer="ones", name="batch_share")
        self._shares_so_far = self.add_variable((), name="shares_so_far")

    def set_batch_samples(self, samples: int) -> None:
        """Set over how many samples the next gradients are averaged. Do not call this inside a compiled step."""
        self._batch_share.assign(samples / self.batch_samples)

    @property
    def is_waiting(self) -> bool:
        """Whether there are accumulated gradients of an unfinished update."""
        return float(ops.convert_to_numpy(self._shares_so_far)) > 0

    def flush(self) -> None:
        """Apply the accumulated gradients as an update, if there are any. Do not call this inside a compiled step."""
        if not self.is_waiting:
            return
        steps = self.gradient_accumulation_steps
        share = self._batch_share.numpy()
        # Apply a last batch of this update that has no samples.
        self._iterations.assign(self._iterations // steps * steps + steps - 1)
        self._batch_share.assign(0.0)
        self.apply([ops.zeros(variable.shape, variable.dtype) for variable in self._trainable_variables])
        self._batch_share.assign(share)

    def apply(self, grads, trainable_variables=None) -> None:
        """Accumulate one batch's gradients, and update after enough batches."""
        share = self._batch_share + 0.0  # a copy of its current value
        super().apply([None if g is None else g * ops.cast(share, g.dtype) for g in grads], trainable_variables)
        # Keras has already counted this batch: at a multiple of the steps it has just made an update.
        is_updated = self._iterations % self.gradient_accumulation_steps == 0
        self._shares_so_far.assign(ops.where(is_updated, 0.0, self._shares_so_far + share))

    def _clip_gradients(self, grads):
        """Scale the gradient, after Keras' division by the steps and before clipping, weight decay and the update."""
        steps = self.gradient_accumulation_steps
        factor = steps if self.reduce == "sum" else steps / (self._shares_so_far + self._batch_share)
        return super()._clip_gradients([g * ops.cast(factor, g.dtype) for g in grads])

    def _get_current_learning_rate(self):
        if isinstance(self._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            return self._learning_rate(self.iterations)
        return super()._get_current_learning_rate()

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"batch_samples": self.batch_samples, "reduce": self.reduce}


class AccumulationSchedule(keras.callbacks.Callback):
    """Sets the size of each batch of an epoch in an `AccumulatedAdam`, and flushes left-over batches if asked to.

    Args:
        samples: number of samples in an epoch; all batches but the last are full.
        left_over: `carry` them into the next epoch, or `flush` them.
    """

    def __init__(self, samples: int, left_over: LeftOver):
        super().__init__()
        self._samples = samples
        self._left_over = left_over
        self._last_samples: int | None = None

    def on_train_batch_begin(self, batch: int, logs=None) -> None:
        optimizer = self.model.optimizer
        samples = min(optimizer.batch_samples, self._samples - batch * optimizer.batch_samples)
        if samples != self._last_samples:
            self._synchronise()
            optimizer.set_batch_samples(samples)
            self._last_samples = samples

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        if self._left_over == "flush":
            self._synchronise()
            self.model.optimizer.flush()

    def _synchronise(self) -> None:
        # On JAX the training loop holds the variables' values itself, until this writes them back.
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()


def optimizer_of(
    training: Training, undecayed: list[keras.Variable], accumulated_adam: type[AccumulatedAdam] = AccumulatedAdam
) -> keras.optimizers.Optimizer:
    """The optimiser of an experiment; where its gradients are to be measured, call `measure_gradients` before it is
    built.

    Args:
        training: the settings of the experiment.
        undecayed: variables that decoupled weight decay does not apply to.
        accumulated_adam: class to use where gradients are accumulated.
    """
    decay = {"weight_decay": training.l2} if training.l2 and training.l2_form == "decoupled" else {}
    adadelta, adam = keras.optimizers.Adadelta, keras.optimizers.Adam
    if training.gradient_norms:
        adadelta, adam, accumulated_adam = measuring(adadelta), measuring(adam), measuring(accumulated_adam)
    if training.optimizer == "adadelta":
        optimizer = adadelta(training.learning_rate, **decay)
    elif training.accumulate_batches == 1:
        optimizer = adam(training.learning_rate, **decay)
    else:
        optimizer = accumulated_adam(
            training.learning_rate,
            batch_samples=training.batch_windows,
            gradient_accumulation_steps=training.accumulate_batches,
            reduce=training.accumulate_reduce,
            **decay,
        )
    if decay:
        optimizer.exclude_from_weight_decay(var_list=undecayed)
    return optimizer
