"""Weights trained on ImageNet: from files in each form, from keras.applications, and what is said of unusable ones."""

import pickle

import keras
import numpy as np
import pytest

from common.core.errors import RunError
from reproductions.embeddings.model import build
from reproductions.embeddings.specs import (
    WEIGHT_NAMES,
    ConvolutionalSpec,
    EmbeddingSpec,
    ImageNetSpec,
    SpecAndEmbedSpec,
)
from reproductions.embeddings.weights import CAFFE_DEVIATION, initialise
from tests.helpers.image_networks import (
    CLASSES,
    SHAPE,
    body_of,
    hidden_values,
    loaded,
    refusal,
    same,
    small,
    trained,
)
from tests.helpers.torchvision_nets import (
    FILTERS,
    IMAGENET_CLASSES,
    VGG_NUMBERS,
    State,
    resnet_hidden,
    state_of,
    vgg_hidden,
)


def saved(path, arrays: State):
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def vgg13() -> keras.Model:
    """For tests that do not look at its values."""
    return build(small("vgg13"), SHAPE, CLASSES)


@pytest.mark.parametrize("network", ["vgg13", "vgg16", "vgg19", "resnet34", "resnet101"])
def test_a_state_dict_of_torchvision_computes_what_it_computes_there(network, tmp_path):
    state = state_of(network)
    model = loaded(network, saved(tmp_path / "torch.npz", state))
    spectrogram = np.random.default_rng(3).normal(size=SHAPE).astype(np.float32)
    hidden = vgg_hidden if network in VGG_NUMBERS else resnet_hidden
    expected = hidden(network, state, np.stack([spectrogram.T] * 3))
    assert np.std(expected) > 0.1
    np.testing.assert_allclose(hidden_values(model, spectrogram), expected, rtol=1e-4, atol=1e-4)


def test_the_first_dense_layer_sees_maps_in_the_order_of_torchvision(tmp_path):
    state = state_of("vgg13")
    model = loaded("vgg13", saved(tmp_path / "torch.npz", state))
    pooled = np.random.default_rng(4).normal(size=(7, 7, 8 * FILTERS)).astype(np.float32)
    expected = state["classifier.0.weight"] @ pooled.transpose(2, 0, 1).ravel()
    np.testing.assert_allclose(pooled.ravel() @ model.get_layer("fc1").get_weights()[0], expected, atol=1e-4)


@pytest.mark.parametrize("network", ["vgg13", "resnet18"])
def test_all_forms_of_a_file_give_the_same_network(network, tmp_path):
    donor = build(small(network), SHAPE, IMAGENET_CLASSES)
    initialise(donor, trained(network), {network: saved(tmp_path / "torch.npz", state_of(network))})
    donor.save_weights(tmp_path / "keras.weights.h5")
    ours = {f"{layer.name}/{weight.name}": np.asarray(weight) for layer in donor.layers for weight in layer.weights}
    for file in (saved(tmp_path / "ours.npz", ours), tmp_path / "keras.weights.h5"):
        assert same(body_of(loaded(network, file)).get_weights(), body_of(donor).get_weights()), file.name


def test_of_two_joined_networks_the_one_over_spectrograms_gets_them(tmp_path):
    spec = SpecAndEmbedSpec(spectral=small("vgg13"), embedding=EmbeddingSpec(units=4))
    model = build(spec, (SHAPE, (10, 5)), CLASSES)
    others = ["logits", "spectral_norm", "hidden", "hidden_norm", "embedding_logits", "joined"]
    fresh = {name: model.get_layer(name).get_weights() for name in others}
    spec, state = spec.replace(spectral=trained("vgg13")), state_of("vgg13")
    initialise(model, spec, {"vgg13": saved(tmp_path / "torch.npz", state)})
    for layer, name in {"block1_conv1": "features.0", "block5_conv2": "features.22"}.items():
        kernel, bias = model.get_layer(layer).get_weights()
        assert same([kernel, bias], [state[f"{name}.weight"].transpose(2, 3, 1, 0), state[f"{name}.bias"]])
    for name in others:
        assert same(model.get_layer(name).get_weights(), fresh[name]), name
    with pytest.raises(RunError, match=r"--weights vgg13=FILE.*--set model\.spectral\.weights=random"):
        initialise(model, spec, {})


@pytest.mark.parametrize(
    "spec",
    [
        small("vgg13"),
        ConvolutionalSpec(dimensions=1, filters=(2,), kernels=(3,), pools=(2,)),
        EmbeddingSpec(units=4),
        SpecAndEmbedSpec(spectral=small("vgg13")),
    ],
)
def test_networks_that_start_from_random_weights_are_not_changed(spec, vgg13, tmp_path):
    before = vgg13.get_weights()
    initialise(vgg13, spec, {"vgg13": saved(tmp_path / "torch.npz", state_of("vgg13"))})
    assert same(vgg13.get_weights(), before)


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"features.12.bias": None}, "lacks features.12.bias; expected 24 arrays of vgg13, found 23 of them."),
        (
            {"features.0.weight": np.zeros((3, 3, 3, 4), "f4")},
            "features.0.weight is float32 (3, 3, 3, 4), expected floats (4, 3, 3, 3).",
        ),
        (
            {"classifier.0.weight": np.zeros((8, 32), "f4")},
            "classifier.0.weight is float32 (8, 32), expected floats (8, 1568).",
        ),
        ({"features.0.bias": np.arange(4)}, "features.0.bias is int64 (4,), expected floats (4,)."),
        ({"features.30.bias": np.zeros(1)}, "holds features.30.bias, which vgg13 does not have; these are of another"),
        ({"features.2.bias": np.full(4, np.nan)}, "block1_conv2/bias holds values that are not finite."),
    ],
)
def test_a_state_dict_that_does_not_fit_is_refused(replaced, message, vgg13, tmp_path):
    state = {name: array for name, array in (state_of("vgg13") | replaced).items() if array is not None}
    assert refusal(vgg13, saved(tmp_path / "given.npz", state)).startswith(message)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["stem/kernel", "stem_norm/beta"],
            "no weights of vgg13: its names should be as block1_conv1/kernel or as features.0.weight, found stem/",
        ),
        ([], "no weights of vgg13"),
        (["block1_conv1/kernel"], "lacks block1_conv1/bias; expected 24 arrays of vgg13, found 1 of them."),
    ],
)
def test_names_of_another_network_are_refused(names, message, vgg13, tmp_path):
    assert refusal(vgg13, saved(tmp_path / "given.npz", {name: np.zeros(1) for name in names})).startswith(message)


def write_pickle_in_npz(path, bomb):
    np.savez(path, **(state_of("vgg13") | {"features.0.weight": np.array([bomb], object)}))


def write_array(path, bomb):
    with open(path, "wb") as opened:
        np.save(opened, np.zeros(3))


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.npz", write_pickle_in_npz, "holds pickled objects, which are never loaded"),
        ("a.npz", lambda path, bomb: path.write_bytes(pickle.dumps(bomb)), "holds pickled objects, which are"),
        (
            "a.npz",
            lambda path, bomb: path.write_bytes(b"no archive"),
            "holds pickled objects, which are never loaded",
        ),
        (
            "a.npz",
            lambda path, bomb: path.write_bytes(b"PK\x03\x04 torn off"),
            "not a readable .npz (File is not",
        ),
        ("a.npz", lambda path, bomb: path.write_bytes(b""), "not a readable .npz (No data left in file)"),
        ("a.npz", write_array, "is a single array, expected an .npz with the weights of vgg13."),
        (
            "a.weights.h5",
            lambda path, bomb: path.write_bytes(b"none"),
            "not weights that Keras saved from this vgg13 (",
        ),
        (
            "a.pth",
            lambda path, bomb: path.write_bytes(b""),
            ".pth files hold pickled objects, which are never loaded. Download model.safetensors of timm/vgg13.tv_",
        ),
    ],
)
def test_a_file_of_an_unknown_kind_is_refused(name, write, message, vgg13, tmp_path, bomb):
    write(tmp_path / name, bomb)
    assert refusal(vgg13, tmp_path / name).startswith(message)


@pytest.mark.parametrize("other", [small("vgg16"), small("vgg13").replace(base_filters=3), small("resnet18")])
def test_weights_that_keras_saved_of_another_network_are_refused(other, vgg13, tmp_path):
    file = tmp_path / "other.weights.h5"
    build(other, SHAPE, CLASSES).save_weights(file)
    assert refusal(vgg13, file).startswith("not weights that Keras saved from this vgg13 (A total of ")


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("vgg13", "Keras has no ImageNet weights of vgg13"),
        ("resnet18", "Keras has no ImageNet weights of resnet18"),
        ("resnet34", "Keras has no ImageNet weights of resnet34"),
        ("resnet50", "takes its strides in other convolutions"),
        ("resnet101", "takes its strides in other convolutions"),
    ],
)
def test_what_keras_does_not_have_needs_a_file(network, message, vgg13):
    with pytest.raises(RunError, match=message) as caught:
        initialise(vgg13, trained(network), {"another": "not read"})
    assert f"--weights {network}=FILE" in str(caught.value)
    assert "--set model.weights=random" in str(caught.value)


def test_a_failed_download_is_reported(vgg13, monkeypatch, capsys):
    def offline(**_):
        print("Downloading data from ...")  # as Keras does, on standard output
        raise OSError("no\nnetwork")

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    with pytest.raises(RunError) as caught:
        initialise(vgg13, trained("vgg16"), {})
    assert capsys.readouterr().out == ""
    assert str(caught.value) == (
        "the ImageNet weights of vgg16 cannot be downloaded (no network). Give a file with --weights vgg16=FILE "
        "(model.safetensors of timm/vgg16.tv_in1k on Hugging Face), or start from random weights: --set "
        "model.weights=random."
    )


def test_a_download_that_is_interrupted_did_not_fail(vgg13, monkeypatch):
    def interrupted(**_):
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    monkeypatch.setattr(keras.applications, "VGG16", interrupted)
    with pytest.raises(KeyboardInterrupt):
        initialise(vgg13, trained("vgg16"), {})


@pytest.mark.parametrize(("network", "name"), [("vgg16", "VGG16"), ("vgg19", "VGG19")])
def test_vgg_takes_its_values_from_keras(network, name, monkeypatch):
    donor, asked = build(small(network), SHAPE, IMAGENET_CLASSES), []

    def download(**arguments):
        asked.append(arguments)
        return donor

    real = getattr(keras.applications, name)
    monkeypatch.setattr(keras.applications, name, download)
    model = build(small(network), SHAPE, CLASSES)
    fresh = model.get_layer("logits").get_weights()
    initialise(model, trained(network), {})
    assert asked == [{"include_top": True, "weights": "imagenet"}]
    expected = body_of(donor).get_weights()
    expected[0] = expected[0] * np.float32(CAFFE_DEVIATION)
    assert same(body_of(model).get_weights(), expected)
    assert same(model.get_layer("logits").get_weights(), fresh)

    # What was downloaded here is ours; that of Keras has the same layers. Small pictures spare it 400 MB.
    theirs = real(include_top=True, weights=None, input_shape=(32, 32, 3), classes=CLASSES)
    names = [layer.name for layer in theirs.layers if layer.weights]
    assert names == [layer.name for layer in model.layers if layer.weights and layer.name != "logits"] + ["predictions"]


def test_a_resnet_of_keras_computes_here_what_it_computes_there(monkeypatch):
    """Their biases end in the normalisations, and the strides are where they have them."""
    keras.utils.set_random_seed(0)
    bands, frames = 40, 48
    donor = keras.applications.ResNet50(include_top=True, weights=None, input_shape=(bands, frames, 3), classes=5)
    rng = np.random.default_rng(0)
    for layer in donor.layers:
        for weight in layer.weights:
            if weight.name in ("bias", "moving_mean", "beta"):
                weight.assign(rng.normal(0, 0.1, weight.shape))
            elif weight.name in ("moving_variance", "gamma"):
                weight.assign(rng.uniform(0.8, 1.2, weight.shape))
    monkeypatch.setattr(keras.applications, "ResNet50", lambda **_: donor)
    spec = ImageNetSpec(network="resnet50", strides="first")
    model = build(spec, (frames, bands), CLASSES)
    initialise(model, spec, {})
    x = rng.normal(size=(2, frames, bands)).astype(np.float32)
    picture = np.repeat(x.transpose(0, 2, 1)[..., None], 3, axis=-1)
    inner = keras.Model(donor.input, donor.get_layer("avg_pool").output)
    theirs = np.asarray(inner(picture * np.float32(CAFFE_DEVIATION), training=False))
    ours = np.asarray(body_of(model)(x, training=False))
    np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-3 * theirs.std())
    assert theirs.std() > 0


def test_files_may_be_given_for_every_network():
    assert WEIGHT_NAMES == ("vgg13", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101")
