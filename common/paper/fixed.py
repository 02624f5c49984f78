"""Values that every run shares and that no field of an experiment holds, because the code has only one of each."""

from collections.abc import Iterable

from pydantic import Field

from common.core.spec import Spec
from common.paper.experiment import Experiment
from common.paper.provenance import Source, assumed
from data_pipeline.features import Feature
from data_pipeline.windows.standardisation import MAX_WINDOWS


class FixedValue(Spec):
    """A value that cannot be set, and where it comes from.

    Args:
        value: as readers see it.
    """

    value: str = Field(min_length=1)
    source: Source


ADAM_EPSILON = FixedValue(value="1e-07", source=assumed("Keras' default; PyTorch's is 1e-8"))
RESAMPLER = FixedValue(
    value="soxr, high quality",
    source=assumed("librosa's default since version 0.10; used only for files whose sample rate is not the feature's"),
)
STANDARDISATION_WINDOWS = FixedValue(
    value=f"mean and deviation of at most {MAX_WINDOWS:,} windows",
    source=assumed("evenly spaced over the training windows; they determine the mean to four digits"),
)
_STORAGE = assumed("half the size of float32; values are rounded to the nearest step")


def shared_fixed_values(experiments: Iterable[Experiment]) -> dict[str, FixedValue]:
    """Name -> each fixed value that at least one of the experiments depends on."""
    experiments = list(experiments)
    features = [given.feature for experiment in experiments for given in experiment.inputs]
    found = {}
    if any(experiment.training.optimizer == "adam" for experiment in experiments):
        found["adam_epsilon"] = ADAM_EPSILON
    if any(feature.kind != "precomputed" for feature in features):
        found["resampler"] = RESAMPLER
    stored = sorted({f"{_stored(feature)} ({feature.kind})" for feature in features if _is_reduced(feature)})
    if stored:
        found["feature_storage"] = FixedValue(value=", ".join(stored), source=_STORAGE)
    if any(experiment.training.standardise for experiment in experiments):
        found["standardisation_windows"] = STANDARDISATION_WINDOWS
    return found


def _is_reduced(feature: Feature) -> bool:
    """Whether the cache holds fewer bits than were computed; given arrays are stored unchanged."""
    return feature.kind != "precomputed" and feature.storage.dtype != "float32"


def _stored(feature: Feature) -> str:
    storage = feature.storage
    return storage.dtype if storage.dtype == "float16" else f"{storage.dtype} in steps of {storage.scale:.2g}"
