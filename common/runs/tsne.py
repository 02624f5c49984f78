"""Test clips as a network sees them: the values of an inner layer, projected onto a plane by t-SNE.

L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", 2008. Distances between distant groups carry no meaning.
"""

from dataclasses import replace

import keras
import numpy as np

from common.core.console import warn
from common.records.record import Projection
from common.training.fit import FittedModel, layer_values
from data_pipeline.windows.layout import Layout, Reader

PERPLEXITY, ITERATIONS, SEED = 30.0, 1000, 42
# With fewer points there are no neighbourhoods to preserve.
_FEWEST_CLIPS = 5


def project_clips(
    fitted: FittedModel,
    reader: Reader,
    positions: np.ndarray,
    *,
    layer: str,
    batch_size: int,
    layout: Layout,
    memory_left_bytes: int | None,
) -> Projection | None:
    """Project the clips of the windows at `positions`; None, with a warning, for too few clips.

    Args:
        layer: name of a layer of the network with output (batch, values).
    """
    tracks = reader.windows.tracks[positions]
    names = np.unique(tracks)
    if len(names) < _FEWEST_CLIPS:
        warn(f"t-SNE of {layer}: not drawn, {len(names)} test clips are too few")
        return None
    inner = replace(fitted, model=_up_to(fitted.model, layer))
    values = layer_values(
        inner, reader, positions, batch_size=batch_size, layout=layout, memory_left_bytes=memory_left_bytes
    ).astype(np.float64)
    of_clips = np.stack([values[tracks == name].mean(axis=0) for name in names])
    if not np.isfinite(of_clips).all() or not np.ptp(of_clips, axis=0).any():
        # There is nothing to project, and scikit-learn's initialisation by principal components crashes on such values.
        warn(f"t-SNE of {layer}: not drawn, its values are the same for all test clips, or not finite")
        return None
    # t-SNE needs at least three times as many points as its perplexity.
    perplexity = min(PERPLEXITY, (len(of_clips) - 1) / 3)
    from sklearn.manifold import TSNE  # a second of imports that only this figure needs

    method = TSNE(n_components=2, perplexity=perplexity, max_iter=ITERATIONS, random_state=SEED, init="pca")
    points = method.fit_transform(of_clips)
    return Projection(
        layer=layer,
        dimensions=of_clips.shape[1],
        perplexity=round(perplexity, 2),
        points=tuple((round(float(x), 3), round(float(y), 3)) for x, y in points),
    )


def _up_to(model: keras.Model, layer: str) -> keras.Model:
    """The network from its input to the named layer; the network may be nested in a model with augmentation."""
    models = [model, *(inner for inner in model.layers if isinstance(inner, keras.Model))]
    for each in models:
        if any(inner.name == layer for inner in each.layers):
            return keras.Model(each.inputs, each.get_layer(layer).output)
    raise AssertionError(f"{model.name} has no layer {layer}")
