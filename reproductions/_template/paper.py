"""A small VGG on mel spectrograms: a template for a new paper. It reproduces nothing and has no published numbers."""

from common.paper import Experiment, LogMel, Paper, Protocol, Training, WindowSpec, assumed, late, result_table, stated
from reproductions._template.specs import VggSpec

BASE = Experiment(
    paper="_template",
    model=VggSpec(),
    feature=LogMel(n_mels=96),
    windows=WindowSpec(seconds=3.0, hop_seconds=1.5),
    protocol=Protocol(split="holdout", fractions=(0.7, 0.1, 0.2)),
    training=Training(learning_rate=1e-3, epochs=30, patience_epochs=5, standardise=True),
)
TABLE_1 = result_table(
    BASE,
    id="1",
    title="Effect of the depth",
    row_header="Blocks",
    compared_with={"accuracy": "clip_accuracy_mean_softmax"},
    # Label: the published number (None where the paper gives none), and what the row changes.
    rows={"3": (None, {}), "4": (None, {"model.widths": (16, 32, 64, 128)})},
    # What `--row` takes; without it, names are made of the labels.
    names={"3": "blocks-3", "4": "blocks-4"},
)
PAPER = Paper(
    key="_template",
    title="Template",
    citation='A. Author, "Title of the Paper", Conference, year, pages.',
    tables=(TABLE_1,),
    published_on="GTZAN",
    default_row=("1", "3"),
    build=late("reproductions._template.model:build"),
    layout="bins_frames_channel",
    sources={
        # Replace each: the longest path counts, so give every value that the paper does not state a line of its own.
        "model": stated("section ..., table ..."),
        "model.dropout": assumed("the paper is silent; 0.25 is a common choice"),
        "feature": stated("section ..."),
        "windows": stated("section ..."),
        "protocol": stated("section ..."),
        "training": assumed("the paper is silent; Adam with Keras' defaults and early stopping"),
    },
)
