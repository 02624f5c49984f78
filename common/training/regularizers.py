"""L2 penalties on kernels, in the three forms that are called "L2 regularisation".

Document 002, section 6.2, writes the loss as `loss + lambda * [1/N sum(w_i^2)]`, the **mean** of the squares; Keras'
`L2(lambda)` adds lambda times their **sum**. For a convolution of 256 x 256 x 3 weights the two differ by a factor of
196,608. **Decoupled** decay (I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", 2019) leaves the loss
unchanged and shrinks the weights at each update; Adam then does not rescale it.
"""

import re

import keras
from keras import ops

from common.core.errors import SpecError
from common.paper.training import Training


class MeanL2(keras.regularizers.Regularizer):
    """The penalty `strength * mean(w^2)` of document 002, section 6.2."""

    def __init__(self, strength: float):
        self.strength = float(strength)

    def __call__(self, x):
        return self.strength * ops.mean(ops.square(x))

    def get_config(self) -> dict[str, float]:
        return {"strength": self.strength}


def penalised_kernels(model: keras.Model, pattern: str) -> list[keras.Variable]:
    """Kernels of the layers whose full name matches the regular expression.

    Raises:
        SpecError: no layer with a kernel matches.
    """
    layers = [layer for layer in layers_within(model) if getattr(layer, "kernel", None) is not None]
    chosen = [layer.kernel for layer in layers if re.fullmatch(pattern, layer.name)]
    if not chosen:
        raise SpecError(
            f"training.l2_layers {pattern!r}: matches no layer with a kernel; the layers with a kernel are "
            f"{', '.join(layer.name for layer in layers)}."
        )
    return chosen


def layers_within(model: keras.Model) -> list[keras.Layer]:
    """The layers of a model, with nested models expanded."""
    return [
        inner
        for layer in model.layers
        for inner in (layers_within(layer) if isinstance(layer, keras.Model) else [layer])
    ]


def regularise(model: keras.Model, training: Training) -> list[keras.Variable]:
    """Add an experiment's L2 penalty to the kernels, or to all trainable variables, of a built model.

    With `l2_variables="all"` and the form `sum`, a penalty of `w / 2` is what PyTorch's `Adam(weight_decay=w)` does:
    its gradient is `w` times the variable, before Adam rescales it.

    The forms `sum` and `mean` become part of the model's loss, in training and in evaluation, as Keras' own
    `kernel_regularizer` does. The optimiser applies the form `decoupled`.

    Returns:
        The trainable variables that the penalty does not cover.

    Raises:
        SpecError: the pattern of layers matches none.
    """
    if not training.l2:
        return list(model.trainable_variables)
    if training.l2_variables == "all":
        penalised = list(model.trainable_variables)
    else:
        penalised = penalised_kernels(model, training.l2_layers)
    if training.l2_form != "decoupled":
        kind = keras.regularizers.L2 if training.l2_form == "sum" else MeanL2
        for variable in penalised:
            variable.regularizer = kind(training.l2)
    covered = {id(variable) for variable in penalised}
    return [variable for variable in model.trainable_variables if id(variable) not in covered]
