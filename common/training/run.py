"""One training as it is identified: experiment, data, fold and seed."""

from dataclasses import dataclass

from common.paper.experiment import Experiment
from common.records.identity import run_id
from common.splits.windows import Fold
from data_pipeline.audio.decode import Decoder


@dataclass(frozen=True)
class Run:
    """One training: the unit that is recorded, resumed and recognised as finished.

    Args:
        experiment: as it is run (scale and flags applied).
        data_digest: digest of the tracks that it runs on.
        fold: which windows are used for training, validation and testing.
        seed: of initial weights, shuffling and dropout.
        variant: distinguishes runs that compute the same for different rows or settings, because each of them has its
            own record; empty where no value was changed.
        decoder: of the audio files, whose samples differ between decoders.
        extraction_versions: of the feature of each input, see `data_pipeline.features`.
        weights: file of trained weights that it starts from, as `name=SHA-256`; may be empty.
    """

    experiment: Experiment
    data_digest: str
    fold: Fold
    seed: int
    variant: str = ""
    decoder: Decoder = "soundfile"
    extraction_versions: tuple[int, ...] = ()
    weights: str = ""

    @property
    def id(self) -> str:
        """First 16 digits of a SHA-256 of what defines the run. Values of the experiment that hold their default are
        left out, so a record with this id is compared whole before it counts as this run's (`common.runs.reuse`)."""
        return run_id(
            experiment_digest=self.experiment.digest,
            data_digest=self.data_digest,
            split_digest=self.fold.split_digest,
            fold=self.fold.number,
            seed=self.seed,
            variant=self.variant,
            decoder=self.decoder,
        )
