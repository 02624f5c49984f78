"""Search spaces of the recurrent networks: the study's sweep, and its second one with learning-rate steps."""

from common.search.space import Choice, Parameters, SearchSpace

_SWEEP = (
    Choice(name="batch", path="training.batch_windows", values=(16, 32, 64, 128)),
    Choice(name="learning_rate", path="training.learning_rate", values=(1e-4, 3e-4, 5e-4, 7e-4, 1e-3)),
    Choice(name="hidden", path="model.hidden", values=(64, 128, 256)),
    Choice(name="dropout", path="model.dropout", values=(0.2, 0.3, 0.4, 0.5)),
    Choice(name="layers", path="model.layers", values=(1, 2)),
)
_STEPS = (
    Choice(name="plateau_factor", path="training.plateau_factor", values=(0.5, 0.7)),
    Choice(name="step_epochs", path="training.step_epochs", values=(5, 10)),
    Choice(name="step_factor", path="training.step_factor", values=(0.5, 0.7)),
)
_NOTES = ("The study does not say how many trials it ran; 20 trials, 8 of them random, are our choice.",)
# Three epochs only: networks of 256 hidden units take minutes even on a few clips.
_SMOKE = {"training.epochs": 3}


def _space(key: str, title: str, network: str, parameters: tuple[Choice, ...]) -> SearchSpace:
    return SearchSpace(
        key=key,
        title=title,
        row=("final", network),
        parameters=Parameters(every=parameters),
        plotted="learning_rate",
        objective="val_loss",
        base={"training.epochs": 30},
        smoke=_SMOKE,
        trials=20,
        # Three per parameter, for five to eight parameters, would leave hardly any trial to the search.
        initial=8,
        notes=_NOTES,
    )


SPACES = (
    _space("sweep", "the study's sweep", "CNN 1D + GRU", _SWEEP),
    _space("second", "the study's second sweep", "CNN 1D + LSTM", (*_SWEEP, *_STEPS)),
)
