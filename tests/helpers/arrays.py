"""A file of arrays, as `--dataset arrays` takes it."""

import numpy as np

NAMES = ["blues.00003", "blues.00001", "rock.00000", "jazz.00054"]

COLUMNS = 387


def content(**changes) -> dict[str, np.ndarray]:
    """A valid file of four GTZAN clips, with changes; None leaves an array out."""
    rng = np.random.default_rng(0)
    values = {
        "X": rng.integers(1, 255, (4, 6, COLUMNS)).astype(np.uint8),
        "name": np.array(NAMES),
        "genre": np.array([name.split(".")[0] for name in NAMES]),
        "n_samples": np.array([661794, 661500, 661794, 661100]),
    }
    return {key: value for key, value in (values | changes).items() if value is not None}
