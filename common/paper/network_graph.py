"""The layers of a network and what they are connected to, as plain values that are read from the built Keras model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from common.core.errors import SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.core.words import listed
from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.parameters import build_without_values, count_trainable

if TYPE_CHECKING:
    import keras

INPUT = "InputLayer"
# Type of what stands for a layer outside of a part.
OUTSIDE = "outside"
# Those of a layer's settings that a picture can show.
_SETTINGS = (
    "activation",
    "filters",
    "kernel_size",
    "negative_slope",
    "output_size",
    "padding",
    "pool",
    "pool_size",
    "rate",
    "stride",
    "strides",
    "units",
    "weight",
)


@dataclass(frozen=True)
class NetworkLayer:
    """One layer of a network.

    Args:
        name: of the layer in the model; of a model within the model, the name in that.
        type: name of its class.
        settings: name -> value of its settings, tuples of numbers, numbers and strings. A bidirectional layer also has
            `cell`, the class of the layer that it runs in both directions.
        inputs: names of the layers whose outputs it takes.
        shape: of its output, without the batch.
        parameters: trainable ones.
        fixed: parameters that are not trained, because the whole layer is not.
    """

    name: str
    type: str
    settings: dict[str, Any]
    inputs: tuple[str, ...]
    shape: tuple[int | None, ...]
    parameters: int
    fixed: int = 0


def row_layers(paper: Paper, experiment: Experiment) -> tuple[NetworkLayer, ...]:
    """The layers of a row's network at the paper's own input size, which is built.

    Raises:
        SpecError: the network has a form that cannot be drawn, see `network_layers`.
    """
    return network_layers(build_without_values(paper, experiment))


def network_layers(model: "keras.Model") -> tuple[NetworkLayer, ...]:
    """The layers of a functional model, each after those that it takes its inputs from. Models within the model are
    replaced by their layers.

    Raises:
        SpecError: the model is not a functional one, or uses a layer more than once.
    """
    layers, _ = _layers_of(model, None)
    return tuple(layers)


def part_of(layers: Sequence[NetworkLayer], prefixes: Sequence[str]) -> tuple[NetworkLayer, ...]:
    """The layers whose names begin with one of the prefixes. The layers outside that these take their inputs from come
    first, without settings and parameters.

    Raises:
        SpecError: no layer has a name that begins with one of the prefixes, or there are none.
    """
    if not prefixes:
        raise SpecError(
            "layers: none are given. Name the beginnings of the names of the layers that belong to the part."
        )
    names = [layer.name for layer in layers]
    for prefix in prefixes:
        if not any(name.startswith(prefix) for name in names):
            near = did_you_mean(nearest_names(prefix, names))
            raise SpecError(
                f"layers {prefix}: the network has no layer whose name begins so{near or '.'} Its layers: "
                f"{listed(names)}. Mend the beginnings of names."
            )
    inside = [layer for layer in layers if layer.name.startswith(tuple(prefixes))]
    known = {layer.name for layer in inside}
    sources = {name for layer in inside for name in layer.inputs} - known
    outside = [
        replace(
            layer, type=layer.type if layer.type == INPUT else OUTSIDE, settings={}, inputs=(), parameters=0, fixed=0
        )
        for layer in layers
        if layer.name in sources
    ]
    return (*outside, *inside)


def _layers_of(model: "keras.Model", given: list[str] | None) -> tuple[list[NetworkLayer], list[str]]:
    """Layers of a model, and the names of those that give its outputs.

    Args:
        given: names of the layers that give the inputs of a model within a model.
    """
    import keras

    config = model.get_config()
    if "input_layers" not in config:
        raise SpecError(
            f"{model.name}: a {type(model).__name__} cannot be drawn, only a functional model, keras.Model(inputs, "
            "outputs)."
        )
    # Layer -> the layers whose outputs it passes on; of all but models within the model, itself.
    givers = {} if given is None else dict(zip(_names(config["input_layers"]), ([name] for name in given), strict=True))
    found = []
    for entry in config["layers"]:
        name, calls = entry["name"], entry["inbound_nodes"]
        if len(calls) > 1:
            raise SpecError(
                f"{model.name}: layer {name} is used {len(calls)} times, which cannot be drawn. Use it once."
            )
        if name in givers:
            continue
        layer = model.get_layer(name)
        inputs = [giver for origin in _origins(calls) for giver in givers[origin]]
        if isinstance(layer, keras.Model):
            inner, givers[name] = _layers_of(layer, inputs)
            found += inner
        else:
            found.append(_layer(layer, entry["config"], inputs))
            givers[name] = [name]
    return found, [giver for name in _names(config["output_layers"]) for giver in givers[name]]


def _layer(layer: "keras.Layer", config: dict[str, Any], inputs: list[str]) -> NetworkLayer:
    inner = config.get("layer")
    settings = _settings_of(config)
    if inner is not None:
        settings |= {"cell": inner["class_name"]} | _settings_of(inner["config"])
    # Moving statistics of a normalisation are no parameters.
    fixed = 0 if layer.trainable else layer.count_params()
    shape = tuple(layer.output.shape[1:])
    return NetworkLayer(layer.name, type(layer).__name__, settings, tuple(inputs), shape, count_trainable(layer), fixed)


def _settings_of(config: dict[str, Any]) -> dict[str, Any]:
    known = {name: config[name] for name in _SETTINGS if config.get(name) is not None}
    return {name: _plain(value) for name, value in known.items() if not isinstance(value, dict)}


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else value


def _names(references: Any) -> list[str]:
    """Layers in Keras' references to tensors, `[name, call, number of the output]`, however they are nested."""
    if references and isinstance(references[0], str):
        return [references[0]]
    return [name for one in references for name in _names(one)]


def _origins(value: Any) -> Iterator[str]:
    """Layers of the tensors in the stored arguments of a call, in order."""
    if isinstance(value, dict):
        if "keras_history" in value:
            yield value["keras_history"][0]
        else:
            for one in value.values():
                yield from _origins(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _origins(one)
