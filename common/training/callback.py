"""What follows the progress of a fit."""


class FitCallback:
    """Callback that follows the progress of a fit; the methods of the base class do nothing."""

    def on_step(self, what: str, batches: int | None = None) -> None:
        """Something before or after the epochs begins, e.g. `building the network`.

        Args:
            batches: that it consists of; None where they are not counted.
        """

    def on_epoch_begin(self, epoch: int, batches: int) -> None:
        """An epoch of `batches` batches begins (epochs count from 0)."""

    def on_train_batch_end(self) -> None:
        """A batch was trained on."""

    def on_predict_batch_end(self) -> None:
        """A batch of a step was predicted."""

    def on_epoch_end(self, entry: dict[str, float]) -> None:
        """An epoch ended with these values."""
