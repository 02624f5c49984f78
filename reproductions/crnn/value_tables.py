"""The values of the study's two sweeps, beside those that our search spaces hold."""

from typing import Any

from common.paper import Paper, ValueRow, ValueTable

_SWEEP = {
    "batch_size": ((16, 32, 64, 128), "training.batch_windows"),
    "learning_rate": ((1e-4, 3e-4, 5e-4, 7e-4, 1e-3), "training.learning_rate"),
    "hidden_dim": ((64, 128, 256), "model.hidden"),
    "dropout": ((0.2, 0.3, 0.4, 0.5), "model.dropout"),
    "num_layers": ((1, 2), "model.layers"),
}
_STEPS = {
    "reduce_lr_factor": ((0.5, 0.7), "training.plateau_factor"),
    "step_lr_step_size": ((5, 10), "training.step_epochs"),
    "step_lr_gamma": ((0.5, 0.7), "training.step_factor"),
}


def _space(key: str) -> Any:
    # Searches are needed only where such a table is asked for.
    from reproductions.crnn.spaces import SPACES

    return next(space for space in SPACES if space.key == key)


def _rows(key: str, published: dict[str, tuple[tuple, str]], where: str) -> tuple[ValueRow, ...]:
    ours = {parameter.path: parameter.values for parameter in _space(key).parameters.every}
    return tuple(
        ValueRow(label, values, (ours[path],), f"{where}; {path}") for label, (values, path) in published.items()
    )


def _sweep(_: Paper) -> tuple[ValueRow, ...]:
    where = "slide CNN(1D)-GRU, sweep.yaml"
    epochs = ValueRow("epochs", 30, (_space("sweep").base["training.epochs"],), f"{where}; training.epochs")
    return (epochs, *_rows("sweep", _SWEEP, where))


def _steps(_: Paper) -> tuple[ValueRow, ...]:
    return _rows("second", _STEPS, "slide CNN(1D)-LSTM")


VALUE_TABLES = (
    ValueTable(
        id="sweep_values",
        title="Values of the sweep",
        row_header="Parameter",
        rows=_sweep,
        notes=("Ours are those of `encore tune crnn --space sweep`.",),
    ),
    ValueTable(
        id="sweep_values_2",
        title="Further values of the second sweep: steps of the learning rate",
        row_header="Parameter",
        rows=_steps,
        notes=(
            "Ours are those of `encore tune crnn --space second`, which varies the values of the first sweep, too. The "
            "slide counts the steps of the schedule; here they are epochs.",
        ),
    ),
)
