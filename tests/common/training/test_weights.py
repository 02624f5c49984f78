"""Files of weights: nothing but weights, written whole or not at all, and loaded into models that were built here."""

import warnings

import h5py
import keras
import numpy as np
import pytest

from common.core.errors import DataError
from common.core.trailers import has_checked_trailer
from common.training.weights import copy_weights, digest_of_weights, load_weights, read_weights, save_weights
from tests.helpers.fitting import build


@pytest.fixture
def trained():
    keras.utils.set_random_seed(1)
    model = build((32, 39, 1), 4)
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 32, 39, 1)), rng.integers(0, 4, 8), verbose=0)
    return model


def names_in(path) -> list[str]:
    found = []
    with h5py.File(path) as file:
        file.visit(found.append)
    return found


def test_a_file_of_weights_holds_no_optimiser(trained, tmp_path):
    path = tmp_path / "best.weights.h5"
    save_weights(path, trained)
    assert not any("optimizer" in name for name in names_in(path))
    other = build((32, 39, 1), 4)
    other.load_weights(path)
    for ours, theirs in zip(trained.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [file.name for file in tmp_path.iterdir()] == ["best.weights.h5"]


def test_a_file_with_an_optimiser_is_loaded_without_it(trained, tmp_path):
    """Earlier versions wrote such files."""
    path = tmp_path / "best.weights.h5"
    trained.save_weights(path)
    assert any("optimizer" in name for name in names_in(path))
    other = build((32, 39, 1), 4)
    other.compile("adam", "sparse_categorical_crossentropy")
    load_weights(path, other, build((32, 39, 1), 4))
    assert digest_of_weights(copy_weights(other)) == digest_of_weights(copy_weights(trained))
    assert int(other.optimizer.iterations) == 0


def test_files_end_with_their_sha256(trained, tmp_path):
    save_weights(tmp_path / "best.weights.h5", trained)
    assert has_checked_trailer(tmp_path / "best.weights.h5")


def test_a_file_of_another_network_is_refused(trained, tmp_path):
    path = tmp_path / "other.weights.h5"
    save_weights(path, trained)
    with pytest.raises(DataError, match=r"other\.weights\.h5: A total of \d objects could not be loaded"):
        read_weights(path, build((32, 39, 1), 5))


@pytest.mark.parametrize("value", [None, np.nan])
def test_a_file_without_a_value_of_every_weight_is_refused(trained, tmp_path, monkeypatch, value):
    """Keras warns of some groups that a file lacks, and leaves their weights as they were."""
    path = tmp_path / "best.weights.h5"
    save_weights(path, trained)
    donor = build((32, 39, 1), 4)
    load = donor.load_weights

    def load_in_part(path):
        kept = donor.weights[-1].numpy()
        load(path)
        donor.weights[-1].assign(kept if value is None else np.full_like(kept, value))
        warnings.warn("Skipping a container.", stacklevel=1)

    read_weights(path, donor)
    monkeypatch.setattr(donor, "load_weights", load_in_part)
    with pytest.raises(DataError, match=rf"holds no values for {donor.weights[-1].path}, or NaN"):
        read_weights(path, donor)


def test_the_digest_sees_values_shapes_and_types():
    one = np.zeros((2, 3), np.float32)
    others = [one + 1, one.T, one.astype(np.float16)]
    assert len({digest_of_weights([weights]) for weights in (one, *others)}) == 4
    assert digest_of_weights([one]) == digest_of_weights([one.copy(order="F")])


def test_a_folder_that_cannot_be_written_is_named(trained, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        save_weights(tmp_path / "file" / "best.weights.h5", trained)
