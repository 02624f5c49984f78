"""Speed of musicnn's embeddings relative to real time, and their difference from the original implementation's.

    python -m benchmarks.embeddings
    python -m benchmarks.embeddings --reference musicnn_reference.npz --clips ~/gtzan/genres

The weights are downloaded into the cache the first time. A reference holds `name` (clips, file names) and, per model,
`<MODEL>_musicnn_<layer>` (clips, patches, values); of `penultimate` only the first patch is compared, because the
original's extractor repeats it for all others.
"""

import statistics
import tempfile
from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import typer

from benchmarks.harness import RESULTS, Out, Requirement, Result, finish, interleave, launch, ratios
from common.core.errors import DataError
from data_pipeline.audio.decode import read_audio
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.datasets.demo import corpus
from data_pipeline.features.musicnn.config import LAYERS, ModelName
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding

MIN_RATIO = 15.0
MAX_DIFFERENCE = 1e-3
CLIP_SECONDS = corpus.CLIP_SAMPLES / corpus.SAMPLE_RATE


def command(
    clips: Annotated[Path | None, typer.Option(help="Folder that holds the reference's clips.")] = None,
    reference: Annotated[Path | None, typer.Option(help="An .npz of the original's values.")] = None,
    tracks: Annotated[int, typer.Option(min=1, help="Clips of the demo corpus in a round.")] = 20,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds that are counted.")] = 5,
    cache: Annotated[Path, typer.Option(help="Folder of weights and of the demo corpus.")] = Path("~/.cache/encore"),
    out: Out = RESULTS,
) -> int:
    """Speed and agreement of musicnn's embeddings."""
    if (clips is None) != (reference is None):
        raise DataError("--clips and --reference: received only one of them, give both or none.")
    differences = {} if reference is None else compare(reference, clips, cache.expanduser())
    catalog = corpus.load(cache.expanduser() / "demo")
    return finish(measure(catalog, cache.expanduser(), tracks=tracks, rounds=rounds, differences=differences), out)


def measure(
    catalog: Catalog,
    cache: Path,
    *,
    tracks: int,
    rounds: int,
    differences: dict[str, float],
    seconds: float = CLIP_SECONDS,
) -> Result:
    """Extract the first tracks of a catalog, decoding and writing included, repeatedly into empty caches.

    Args:
        cache: where the weights are.
        differences: by model and layer, see `compare`; empty where there is no reference.
        seconds: length of each track.
    """
    few = catalog.replace(tracks=catalog.tracks[:tracks])
    feature = MusicnnEmbedding()
    weights = cache / "musicnn"

    def extract(number: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            feature.make_ready(cache)
            (Path(folder) / "musicnn").symlink_to(weights)
            prepare(few, feature, Path(folder))

    timing = interleave({"Encore": extract}, rounds)
    music = seconds * len(few.tracks)
    times = timing.seconds["Encore"]
    speed = ratios([music] * len(times), times)
    requirements = [
        Requirement("seconds of music / seconds of extraction", "at least", MIN_RATIO, statistics.median(speed))
    ]
    if differences:
        worst = max(differences.values())
        requirements.append(Requirement("largest difference from the original", "at most", MAX_DIFFERENCE, worst))
    return Result(
        name="embeddings",
        title=f"Embeddings of {len(few.tracks)} clips of {seconds:g} s by musicnn",
        unit="s",
        values={"Encore": times},
        ratios={"music / extraction": speed},
        requirements=tuple(requirements),
        settings={"feature": feature.as_json(), "tracks": len(few.tracks), "rounds": rounds},
        facts=timing.facts | {f"largest difference, {name}": value for name, value in differences.items()},
    )


def compare(reference: Path, clips: Path, cache: Path) -> dict[str, float]:
    """Largest difference from the original's values, by model and layer.

    Raises:
        DataError: a clip of the reference is not below the folder.
    """
    found = {path.name: path for path in sorted(clips.expanduser().rglob("*")) if path.is_file()}
    differences: dict[str, float] = {}
    with np.load(reference.expanduser(), allow_pickle=False) as values:
        names = values["name"].tolist()
        missing = [name for name in names if name not in found]
        if missing:
            raise DataError(f"--clips {clips}: lacks {', '.join(missing)} of the reference.")
        tracks = [read_audio(found[name], sample_rate=MusicnnEmbedding().sample_rate) for name in names]
        for model in get_args(ModelName):
            for layer in LAYERS:
                feature = MusicnnEmbedding(model=model, layer=layer)
                feature.make_ready(cache)
                theirs = values[f"{model}_musicnn_{layer}"]
                patches = 1 if layer == "penultimate" else theirs.shape[1]
                differences[f"{model} {layer}"] = max(
                    float(np.abs(feature.extract(samples) - one)[:patches].max())
                    for samples, one in zip(tracks, theirs, strict=True)
                )
    return differences


if __name__ == "__main__":
    launch(command)
