"""Embeddings: E. Choi, "Homework #2: Musical Genre Classification" (KAIST, GCT634, autumn 2020), with its public code.

Claim: on eight genres of GTZAN, two dense layers on the embeddings of a trained tagger (musicnn) beat networks trained
on spectrograms, and joining both, with a ResNet34 from ImageNet, is no better (86.67 and 86.0 % of test clips).

    python reproductions/embeddings/run.py --dataset gtzan --data ~/gtzan --table 1 --row msd-embed-original
"""

import re
from typing import Any

from common.paper import (
    AbsoluteDbLogMel,
    Confusion,
    Experiment,
    Input,
    MusicnnEmbedding,
    OfflineAugmentation,
    Paper,
    Protocol,
    Training,
    WindowSpec,
    late,
    result_table,
    seconds_of,
)
from data_pipeline.features.musicnn.config import POOLED_SECONDS, ModelName
from reproductions.embeddings import published as p
from reproductions.embeddings.figures import FIGURES
from reproductions.embeddings.items import ITEMS
from reproductions.embeddings.sources import FIXED, SOURCES
from reproductions.embeddings.specs import (
    WEIGHT_NAMES,
    ConvolutionalSpec,
    EmbeddingSpec,
    ImageNetSpec,
    SpecAndEmbedSpec,
)

MEL = AbsoluteDbLogMel(sample_rate=16000, n_fft=1024, hop_samples=512, n_mels=96)
RATE = MEL.frames_per_second
# The shortest training clip, as it is and a tenth faster; a segment.
WHOLE_FRAMES, WHOLE_FRAMES_OF_COPIES, SEGMENT_FRAMES = 936, 851, 125
ONE_EMBEDDING = WindowSpec(seconds=POOLED_SECONDS, hop_seconds=POOLED_SECONDS, max_per_track=1)
Q1 = ConvolutionalSpec(dimensions=1, filters=(16, 32, 64, 128), kernels=(7, 5, 3, 3), pools=(7, 5, 3, 3))
BASE_2D = ConvolutionalSpec(dimensions=2, filters=(16, 32, 64, 128), kernels=(7, 5, 3, 3), pools=(5, 3, 3, 2))
SPECTRAL = {
    "Baseline": ConvolutionalSpec(dimensions=1, filters=(32, 32, 32), kernels=(7, 7, 7), pools=(7, 7, 7)),
    "Base1DCNN": Q1,
    "Base2DCNN": BASE_2D,
}
JOINED = {
    "Q1+MSD Embed": SpecAndEmbedSpec(spectral=Q1),
    "Base2DCNN+MSD": SpecAndEmbedSpec(spectral=BASE_2D),
    "ResNet34+MSD": SpecAndEmbedSpec(spectral=ImageNetSpec(network="resnet34")),
}
EMBEDDED: dict[str, ModelName] = {"MTT Embed": "MTT", "MSD Embed": "MSD"}
COPIED, CUT = "augmentation", "segmentation"
BOTH = f"{COPIED} + {CUT}"
# Condition -> its part of a row's name.
_SHORT = {"original": "original", COPIED: "aug", CUT: "seg", BOTH: "aug-seg"}


def _embedding(model: ModelName) -> MusicnnEmbedding:
    return MusicnnEmbedding(model=model, layer="max_pool", pooled=True, repeat_short=True)


def _windows(condition: str) -> WindowSpec:
    if CUT in condition:
        frames, most = SEGMENT_FRAMES, None
    else:
        frames, most = WHOLE_FRAMES_OF_COPIES if COPIED in condition else WHOLE_FRAMES, 1
    seconds = seconds_of(frames, RATE)
    return WindowSpec(seconds=seconds, hop_seconds=seconds, max_per_track=most)


BASE = Experiment(
    paper="embeddings",
    model=SPECTRAL["Baseline"],
    feature=MEL,
    windows=_windows("original"),
    protocol=Protocol(split="course", fractions=(0.7, 0.1, 0.2)),
    training=Training(learning_rate=1e-4, batch_windows=32, epochs=100, standardise=True, keep="best_accuracy"),
)


def variation(network: str, condition: str) -> dict[str, Any]:
    """What a network of tables 1 and 2 under one of the four conditions changes in `BASE`."""
    copies = {"copies": OfflineAugmentation()} if COPIED in condition else {}
    if network in EMBEDDED:
        return copies | {
            "model": EmbeddingSpec(),
            "feature": _embedding(EMBEDDED[network]),
            "windows": ONE_EMBEDDING,
            "training.standardise": False,
        }
    changes = copies | {"windows": _windows(condition)}
    if network in JOINED:
        second = Input(feature=_embedding("MSD"), windows=ONE_EMBEDDING, standardise=False)
        return changes | {"model": JOINED[network], "second_input": second}
    return changes | {"model": SPECTRAL.get(network) or ImageNetSpec(network=network.lower())}


_COMPARED = {
    "train": "train_window_accuracy",
    "validation": "valid_window_accuracy",
    "test": "clip_accuracy_majority_vote",
}
_NOTES = (
    "Published train and validation accuracies are capped: the study did not count the last incomplete batch, but "
    "divided by the number of all windows. Each table has a second version, _legacy, where ours are capped "
    "in the same way.",
    "Validation accuracy is the best of all epochs, on few clips, and therefore optimistic.",
)
TABLE_1 = result_table(
    BASE,
    id="1",
    title="Comparison of different models",
    row_header="Model, data",
    compared_with=_COMPARED,
    notes=(
        *_NOTES,
        "The study's launch script runs a plain ResNet34 in two of the cells of ResNet34+MSD; which cells is not known."
        " 81.0 (Base2DCNN+MSD, segmentation) is not a multiple of 1/450, which three runs on 150 clips would give.",
    ),
    rows={
        f"{network}, {condition}": (values, variation(network, condition))
        for network, conditions in p.TABLE_1.items()
        for condition, values in conditions.items()
    },
    names={
        f"{network}, {condition}": "-".join([*re.findall(r"[a-z0-9]+", network.lower()), _SHORT[condition]])
        for network, conditions in p.TABLE_1.items()
        for condition in conditions
    },
)
TABLE_2 = result_table(
    BASE,
    id="2",
    title="VGG and ResNet of different depths",
    row_header="Model",
    compared_with=_COMPARED,
    notes=_NOTES,
    rows={network: (values, variation(network, BOTH)) for network, values in p.TABLE_2.items()},
)
_SMOKE = {
    # The demo downloads no ImageNet weights; musicnn's weights are the trained ones.
    "model.weights": "random",
    "model.base_filters": 8,
    "model.units": 32,
    # Preparing the training step of a deep network takes longer than its few steps.
    "model.stage_depth": 1,
    "model.spectral.weights": "random",
    "model.spectral.base_filters": 8,
    "model.spectral.units": 32,
    "model.spectral.stage_depth": 1,
    "windows.max_per_track": 3,
    "training.epochs": 2,
    "training.windows_per_epoch": 16,
    "training.learning_rate": 1e-3,
}
PAPER = Paper(
    key="embeddings",
    title="Embeddings",
    citation='E. Choi, "Homework #2: Musical Genre Classification", GCT634, KAIST, 2020, with code.',
    tables=(TABLE_1, TABLE_2),
    default_tables=("1",),
    items=ITEMS,
    figures=FIGURES,
    confusions=(
        Confusion(
            id="3",
            title="Confusion matrix of ResNet34+MSD",
            row=("1", f"ResNet34+MSD, {BOTH}"),
            genres=p.GENRES,
            counts=p.TABLE_3,
            mean_clips=p.TABLE_3_PRINTED,
            is_numbered=True,
            aggregation="majority_vote",
            notes=("Published: means of three runs; the study prints thirds of clips truncated, so 0.6 is 2 of 3.",),
        ),
    ),
    published_on="GTZAN",
    published_classes=8,
    published_split="course",
    left_out_genres=("blues", "rock"),
    # The smallest network of the study, which trains on embeddings alone; other rows have a higher published accuracy.
    default_row=("1", "MSD Embed, original"),
    recommends_default_row=False,
    build=late("reproductions.embeddings.model:build"),
    initialise=late("reproductions.embeddings.weights:initialise"),
    weight_names=WEIGHT_NAMES,
    weight_suffixes=(".safetensors", ".npz", ".weights.h5"),
    downloaded_weights=("vgg16", "vgg19"),
    weights_from=late("reproductions.embeddings.weight_files:published_file"),
    layout="frames_bins",
    # One of the ten patches of a clip: most of the time of smoke scale went into the others.
    small_features={MEL: MEL}
    | {_embedding(model): _embedding(model).replace(pooled_patches=1) for model in EMBEDDED.values()},
    smoke=_SMOKE,
    # Embeddings of a clip and of its two copies take seconds; fewer clips cannot be divided 70/10/20.
    smoke_tracks_per_genre=10,
    smoke_paper_features=_SMOKE,
    legacy_batches={"train": 32, "valid": 16},
    sources=SOURCES,
    fixed=FIXED,
    notes=(
        "The split is recovered from its counts: test clips are the validation clips of the fault-filtered split "
        "without blues and rock (150); of the other 580 clips, five per genre are for validation, the rest for "
        "training.",
        "Segments are joined with the embedding of their whole clip, as in the study.",
        "The document gives Base2DCNN the pooling of Base1DCNN; its code does not (96 bands would not suffice).",
    ),
)
