"""Files of ImageNet weights as torchvision's and timm's are published: `.safetensors`."""

import json
import pickle
import struct

import keras
import numpy as np
import pytest
from safetensors.numpy import save, save_file

from reproductions.embeddings.model import build
from tests.helpers.image_networks import CLASSES, SHAPE, body_of, hidden_values, loaded, refusal, same, small
from tests.helpers.torchvision_nets import (
    FILTERS,
    RESNET_BLOCKS,
    UNITS,
    VGG_NUMBERS,
    State,
    as_in_timm,
    floats,
    norm,
    resnet_hidden,
    state_of,
    vgg_hidden,
)

# timm gives ResNets the names of torchvision.
NAMED = [*((name, "torchvision") for name in (*VGG_NUMBERS, *RESNET_BLOCKS)), *((name, "timm") for name in VGG_NUMBERS)]


def saved(path, state: State):
    save_file(state, path)
    return path


def spectrogram_and_picture() -> tuple[np.ndarray, np.ndarray]:
    """(frames, bands) as our networks take it, and (3, bands, frames) as those of PyTorch do."""
    spectrogram = np.random.default_rng(3).normal(size=SHAPE).astype(np.float32)
    return spectrogram, np.stack([spectrogram.T] * 3)


@pytest.fixture(scope="module")
def vgg13() -> keras.Model:
    """For tests that do not look at its values."""
    return build(small("vgg13"), SHAPE, CLASSES)


@pytest.mark.parametrize(("network", "naming"), NAMED)
def test_a_network_computes_what_its_file_says(network, naming, tmp_path):
    state = state_of(network)
    model = loaded(network, saved(tmp_path / "a.safetensors", as_in_timm(state) if naming == "timm" else state))
    spectrogram, picture = spectrogram_and_picture()
    expected = (vgg_hidden if network in VGG_NUMBERS else resnet_hidden)(network, state, picture)
    assert np.std(expected) > 0.1
    np.testing.assert_allclose(hidden_values(model, spectrogram), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("network", "naming"), NAMED)
def test_a_network_computes_what_it_computes_in_pytorch(network, naming, tmp_path):
    pytest.importorskip("torch")
    import safetensors.torch

    from tests.helpers.torch_nets import hidden_of, random_network

    theirs = random_network(network, naming)
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "torch.safetensors")
    spectrogram, picture = spectrogram_and_picture()
    expected = hidden_of(theirs, picture)
    got = hidden_values(loaded(network, tmp_path / "torch.safetensors"), spectrogram)
    assert np.std(expected) > 0.1
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_values_of_16_and_64_bits_become_those_of_32(tmp_path):
    state = state_of("resnet18")
    for kind in (np.float16, np.float64):
        given = {name: array.astype(kind) if array.dtype == np.float32 else array for name, array in state.items()}
        rounded = {name: array.astype(np.float32) for name, array in given.items() if array.dtype == kind}
        values = body_of(loaded("resnet18", saved(tmp_path / "a.safetensors", given))).get_weights()
        expected = body_of(loaded("resnet18", saved(tmp_path / "b.safetensors", rounded))).get_weights()
        assert same(values, expected), kind


def altered(path, change):
    """A file of VGG13 whose header says something else of its arrays."""
    content = save(state_of("vgg13"))
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    return path


def say_bfloat16(header):
    # Half as many bytes as 32-bit floats: twice as many values fill them.
    header["features.0.bias"] |= {"dtype": "BF16", "shape": [2 * FILTERS]}


def test_types_that_numpy_lacks_are_refused(vgg13, tmp_path):
    assert refusal(vgg13, altered(tmp_path / "a.safetensors", say_bfloat16)) == (
        "features.0.bias is BF16 (8,), expected F16, F32 or F64 (4,)."
    )


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"pre_logits.fc2.bias": None}, "lacks pre_logits.fc2.bias; expected 24 arrays of vgg13, found 23 of them."),
        ({"features.12.bias": None}, "lacks features.12.bias; expected 24 arrays of vgg13, found 23 of them."),
        (
            {"pre_logits.fc1.weight": np.zeros((UNITS, 8 * FILTERS * 49), "f4")},
            "pre_logits.fc1.weight is float32 (8, 1568), expected floats (8, 32, 7, 7).",
        ),
        (
            {"pre_logits.fc2.weight": np.zeros((UNITS, UNITS), "f4")},
            "pre_logits.fc2.weight is float32 (8, 8), expected floats (8, 8, 1, 1).",
        ),
        ({"features.0.bias": np.arange(4)}, "features.0.bias is I64 (4,), expected F16, F32 or F64 (4,)."),
        ({"features.30.bias": np.zeros(1)}, "holds features.30.bias, which vgg13 does not have; these are of another"),
        ({"features.2.bias": np.full(4, 1e300)}, "block1_conv2/bias holds values that are not finite."),
    ],
)
def test_a_state_dict_of_timm_that_does_not_fit_is_refused(replaced, message, vgg13, tmp_path):
    state = as_in_timm(state_of("vgg13")) | replaced
    state = {name: array for name, array in state.items() if array is not None}
    assert refusal(vgg13, saved(tmp_path / "a.safetensors", state)).startswith(message)


def with_batch_norm(network: str) -> State:
    """Names of VGG with batch normalisation: each convolution is followed by one."""
    state, number, rng = {}, 0, np.random.default_rng(0)
    for block in VGG_NUMBERS[network]:
        for _ in block:
            state |= {f"features.{number}.weight": floats(rng, 1, 1, 3, 3)} | norm(rng, f"features.{number + 1}", 1)
            number += 3
        number += 1
    return state


@pytest.mark.parametrize("depth", [13, 16, 19])
def test_a_vgg_with_batch_normalisation_is_refused_by_its_name(depth, vgg13, tmp_path):
    file = saved(tmp_path / "a.safetensors", with_batch_norm(f"vgg{depth}"))
    assert refusal(vgg13, file) == (
        f"holds the weights of vgg{depth}_bn, which has batch normalisation; expected those of vgg13, which has none."
    )


@pytest.mark.parametrize(
    ("wanted", "given", "message"),
    [
        ("vgg13", "vgg16", "lacks features.15.weight; expected 24 arrays of vgg13, found 18 of them."),
        (
            "resnet18",
            "resnet34",
            "holds layer1.2.bn1.bias, which resnet18 does not have; these are of another",
        ),
        ("resnet18", "vgg13", "no weights of resnet18: its names should be as stem/kernel or as conv1.weight, found "),
        ("resnet34", "resnet18", "lacks layer1.2.conv1.weight; expected 180 arrays of resnet34, found 100 of them."),
    ],
)
def test_the_weights_of_another_network_are_refused(wanted, given, message, tmp_path):
    file = saved(tmp_path / "a.safetensors", state_of(given))
    assert refusal(build(small(wanted), SHAPE, CLASSES), file, wanted).startswith(message)


def longer(header):
    header["features.0.bias"]["shape"] = [5]


def overlapping(header):
    header["features.2.bias"]["data_offsets"] = header["features.0.bias"]["data_offsets"]


@pytest.mark.parametrize(
    "write",
    [
        lambda path, bomb: path.write_bytes(save(state_of("vgg13"))[:-5]),
        lambda path, bomb: path.write_bytes(save(state_of("vgg13"))[:100]),
        lambda path, bomb: path.write_bytes(b""),
        lambda path, bomb: path.write_bytes(pickle.dumps(bomb)),
        lambda path, bomb: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\nsize 87275112\n"),
        lambda path, bomb: altered(path, longer),
        lambda path, bomb: altered(path, overlapping),
    ],
    ids=["torn off", "header torn off", "empty", "pickle", "pointer of Git LFS", "longer", "overlapping"],
)
def test_a_damaged_file_is_refused(write, vgg13, tmp_path, bomb):
    write(tmp_path / "a.safetensors", bomb)
    message = refusal(vgg13, tmp_path / "a.safetensors")
    assert message.startswith("not a readable .safetensors (Error while deserializing header: ")
    assert message.endswith("). Download it again, e.g. model.safetensors of timm/vgg13.tv_in1k on Hugging Face.")


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".bin"])
def test_a_pickle_is_refused_unread_with_what_to_download(suffix, vgg13, tmp_path, bomb):
    file = tmp_path / f"a{suffix}"
    file.write_bytes(pickle.dumps(bomb))
    assert refusal(vgg13, file) == (
        f"{suffix} files hold pickled objects, which are never loaded. Download model.safetensors of "
        "timm/vgg13.tv_in1k on Hugging Face instead."
    )


def test_a_file_of_another_kind_is_refused_with_those_that_are_read(vgg13, tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"")
    assert refusal(vgg13, tmp_path / "a.onnx") == (
        "trained weights of vgg13 are expected in a .safetensors, .npz or .weights.h5 file, e.g. model.safetensors of "
        "timm/vgg13.tv_in1k on Hugging Face."
    )
