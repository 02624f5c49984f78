"""VGG and ResNet in NumPy, with state dicts as torchvision has them: what our networks are compared with."""

import numpy as np

IMAGENET_CLASSES = 1000
# Small networks: `initialise` reads the sizes off the model.
FILTERS, UNITS = 4, 8
# Of the convolutions in torchvision's `features`; a pooling is two numbers behind each last one of a block.
VGG_NUMBERS = {
    "vgg13": ((0, 2), (5, 7), (10, 12), (15, 17), (20, 22)),
    "vgg16": ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)),
    "vgg19": ((0, 2), (5, 7), (10, 12, 14, 16), (19, 21, 23, 25), (28, 30, 32, 34)),
}
RESNET_BLOCKS = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
}
BOTTLENECKS = ("resnet50", "resnet101")
State = dict[str, np.ndarray]


def floats(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Even values of about unit gain, so that the outputs of a deep network neither vanish nor overflow."""
    return (rng.uniform(-1, 1, shape) * (6 / np.prod(shape[1:])) ** 0.5).astype(np.float32)


def with_bias(rng: np.random.Generator, name: str, *shape: int) -> State:
    return {f"{name}.weight": floats(rng, *shape), f"{name}.bias": rng.uniform(-0.3, 0.3, shape[0]).astype(np.float32)}


def norm(rng: np.random.Generator, name: str, size: int) -> State:
    kinds = {"weight": (0.5, 1.0), "bias": (-0.3, 0.3), "running_mean": (-0.3, 0.3), "running_var": (0.7, 1.5)}
    state = {f"{name}.{kind}": rng.uniform(*bounds, size).astype(np.float32) for kind, bounds in kinds.items()}
    return state | {f"{name}.num_batches_tracked": np.array(7)}


def vgg_state(network: str) -> State:
    rng = np.random.default_rng(1)
    state, into = {}, 3
    for numbers, width in zip(VGG_NUMBERS[network], (1, 2, 4, 8, 8), strict=True):
        for number in numbers:
            state |= with_bias(rng, f"features.{number}", width * FILTERS, into, 3, 3)
            into = width * FILTERS
    state |= with_bias(rng, "classifier.0", UNITS, into * 7 * 7) | with_bias(rng, "classifier.3", UNITS, UNITS)
    return state | with_bias(rng, "classifier.6", IMAGENET_CLASSES, UNITS)


def resnet_state(network: str) -> State:
    rng = np.random.default_rng(2)
    state = {"conv1.weight": floats(rng, FILTERS, 3, 7, 7)} | norm(rng, "bn1", FILTERS)
    into = FILTERS
    for stage, count in enumerate(RESNET_BLOCKS[network], start=1):
        width = FILTERS * 2 ** (stage - 1)
        for name in (f"layer{stage}.{block}" for block in range(count)):
            shapes = [(width, into, 3), (width, width, 3)]
            if network in BOTTLENECKS:
                shapes = [(width, into, 1), (width, width, 3), (4 * width, width, 1)]
            for number, (out, channels, side) in enumerate(shapes, start=1):
                state[f"{name}.conv{number}.weight"] = floats(rng, out, channels, side, side)
                state |= norm(rng, f"{name}.bn{number}", out)
            if into != out:
                state[f"{name}.downsample.0.weight"] = floats(rng, out, into, 1, 1)
                state |= norm(rng, f"{name}.downsample.1", out)
            into = out
    return state | with_bias(rng, "fc", IMAGENET_CLASSES, into)


def state_of(network: str) -> State:
    """A state dict as torchvision has it of this network, but for its size."""
    return vgg_state(network) if network in VGG_NUMBERS else resnet_state(network)


def as_in_timm(state: State) -> State:
    """The same values as timm names them: those of the dense layers of VGG as convolutions."""
    renamed = {}
    for key, value in state.items():
        if key.startswith("classifier.0."):
            value = value.reshape(UNITS, -1, 7, 7) if key.endswith("weight") else value
        elif key.startswith("classifier.3."):
            value = value[:, :, None, None] if key.endswith("weight") else value
        for theirs, name in {"classifier.0": "pre_logits.fc1", "classifier.3": "pre_logits.fc2"}.items():
            key = key.replace(theirs, name)
        renamed[key.replace("classifier.6", "head.fc")] = value
    return renamed


def convolved(x: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """`Conv2d` of (in, h, w), padded by half the kernel, as PyTorch defines it."""
    high, wide = kernel.shape[2:]
    rows, columns = x.shape[1:]
    padded = np.pad(x, ((0, 0), (high // 2, high // 2), (wide // 2, wide // 2)))
    pieces = [
        np.tensordot(kernel[:, :, i, j], padded[:, i : i + rows : stride, j : j + columns : stride], 1)
        for i in range(high)
        for j in range(wide)
    ]
    return np.sum(pieces, axis=0)


def normed(x: np.ndarray, state: State, name: str) -> np.ndarray:
    mean, variance, gain, bias = (
        state[f"{name}.{kind}"][:, None, None] for kind in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(variance + 1e-5) * gain + bias


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def vgg_hidden(network: str, state: State, picture: np.ndarray) -> np.ndarray:
    """(3, h, w) with both sides below 64 -> values before the last layer."""
    x = picture
    for numbers in VGG_NUMBERS[network]:
        for name in (f"features.{number}" for number in numbers):
            x = relu(convolved(x, state[f"{name}.weight"]) + state[f"{name}.bias"][:, None, None])
        high, wide = x.shape[1] // 2, x.shape[2] // 2
        x = x[:, : 2 * high, : 2 * wide].reshape(-1, high, 2, wide, 2).max((2, 4))
    x = np.broadcast_to(x, (len(x), 7, 7)).reshape(-1)
    for name in ("classifier.0", "classifier.3"):
        x = relu(state[f"{name}.weight"] @ x + state[f"{name}.bias"])
    return x


def resnet_hidden(network: str, state: State, picture: np.ndarray) -> np.ndarray:
    """(3, h, w) -> values before the last layer."""
    x = relu(normed(convolved(picture, state["conv1.weight"], 2), state, "bn1"))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))  # nothing is below 0 here
    x = np.max([padded[:, i : i + x.shape[1] : 2, j : j + x.shape[2] : 2] for i in range(3) for j in range(3)], axis=0)
    last, strided = (3, 2) if network in BOTTLENECKS else (2, 1)
    for stage, count in enumerate(RESNET_BLOCKS[network], start=1):
        for block in range(count):
            name, stride, y = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1, x
            for number in range(1, last + 1):
                y = convolved(y, state[f"{name}.conv{number}.weight"], stride if number == strided else 1)
                y = normed(y, state, f"{name}.bn{number}")
                y = y if number == last else relu(y)
            if f"{name}.downsample.0.weight" in state:
                x = normed(convolved(x, state[f"{name}.downsample.0.weight"], stride), state, f"{name}.downsample.1")
            x = relu(x + y)
    return x.mean((1, 2))
