"""Removes what TensorFlow keeps of the training steps of models that are no longer used.

Keras' optimisers add up the gradients of all devices, also where there is only one. TensorFlow registers a function for
the gradient of that sum, under a name of its own for each traced step, and never removes it. The function holds the
graph of the step: 2 MB for a network of two convolutions, 13 MB for one of five squeeze-and-excitation blocks
(TensorFlow 2.21 with Keras 3.15). It is looked up only while a step is traced, so it can go with its model.
"""

import weakref

import keras

# TensorFlow's prefix of gradient functions that are defined while a step is traced (`tf.custom_gradient`).
_PREFIX = "CustomGradient-"
# Names of gradient functions that belong to models which are no longer used.
_outdated: set[str] = set()


def outdated_with(model: keras.Model) -> weakref.finalize:
    """Mark the gradient functions that are registered from now on as outdated once the model is no longer used.

    Those of any other steps that are traced in the meantime are marked, too: their tracing has used them by then.

    Returns:
        What marks them at once when it is called; otherwise they are marked when Python frees the model.
    """
    marks = weakref.finalize(model, _mark, frozenset(_registered()))
    marks.atexit = False
    return marks


def remove_outdated() -> None:
    """Remove all gradient functions that are marked. Call it before a network is built, when no step is being traced: a
    model may be freed while another one is traced, and the marks then include functions of that step."""
    registry = _registry()
    while _outdated:
        registry.pop(_outdated.pop(), None)


def _mark(before: frozenset[str]) -> None:
    _outdated.update(_registered() - before)


def _registered() -> set[str]:
    # A copy: Python may free a model while TensorFlow registers a function.
    return {name for name in list(_registry()) if name.startswith(_PREFIX)}


def _registry() -> dict[str, object]:
    """TensorFlow's gradient functions, by name; empty on other backends."""
    if keras.backend.backend() != "tensorflow":
        return {}
    # TensorFlow's public names register a function, and none removes it.
    from tensorflow.python.framework import ops

    return ops.gradient_registry._registry
