"""The progress of a whole table: runs done, runs left, time left, loss and validation accuracy."""

import time

from rich.progress import Progress, ProgressColumn, Task
from rich.table import Column
from rich.text import Text

from common.core.console import new_bars, say, shows_progress, times_text, warn
from common.core.percent import percent_text, stored_percent
from common.training.callback import FitCallback


class ProgressDisplay:
    """Shows all runs of a command; a context manager.

    Args:
        runs: all runs of the command; 0 where their number is not known.
        finished: runs that already had a record.
        epochs: epochs that the pending runs take at most, for the time left.
        numbered: number the lines of the runs from 1 on; False where their names have numbers of their own. The line of
            a run that ended then says how many are done.
        things: what is counted, in the plural.
    """

    def __init__(self, runs: int, finished: int, epochs: int, *, numbered: bool = True, things: str = "runs"):
        self._done, self._begun, self._epochs = finished, finished, epochs
        self._of = f"/{runs}" if runs else ""
        self._numbered, self._things = numbered, things
        self._bars = new_bars(_FieldColumn("place"), _EpochsColumn("details"), disable=not shows_progress())
        self._total = None

    def __enter__(self) -> "ProgressDisplay":
        if self._epochs:
            self._bars.start()
            self._total = self._bars.add_task(
                self._things, total=self._epochs, place="", details=None, done=self._count()
            )
        return self

    def __exit__(self, *exception) -> None:
        self._bars.stop()

    def begin(self, name: str, epochs: int, *, short: str = "", place: str = "", about: str = "") -> "RunProgress":
        """Add the bar of a run that starts, while others may be running; returns the callback for its fit loop.

        Args:
            name: in the lines that are printed.
            epochs: that it takes at most.
            short: name in the bar, which is cut where there is no room; by default as in the lines.
            place: its seed and fold in the bar, which are never cut.
            about: at the end of the line with its result, e.g. the values of a trial.
        """
        task = self._bars.add_task(short or name, total=1, place=place, details="")
        self._begun += 1
        number = f"{self._begun}{self._of}: " if self._numbered else ""
        return RunProgress(self, name, task, epochs, number, place, about)

    def end(self, callback: "RunProgress", result: str) -> None:
        """Remove the bar of a run that ended, and print its result in one line."""
        self._done += 1
        self._bars.remove_task(callback.task)
        if self._total is not None:
            # Early stopping leaves epochs undone; they count as done for the time left.
            self._bars.advance(self._total, callback.epochs - callback.epochs_shown)
            self._bars.update(self._total, done=self._count())
        done = "" if self._numbered else f", {self._count()}"
        about = f", {callback.about}" if callback.about else ""
        say(f"{callback.number}{callback.name}: {result} ({time.perf_counter() - callback.began:.0f} s{done}){about}")

    def epoch(self) -> None:
        """Count one finished epoch of any run."""
        if self._total is not None:
            self._bars.advance(self._total, 1)

    def bars(self) -> Progress:
        """The bars on screen."""
        return self._bars

    def _count(self) -> str:
        return f"{self._done}{self._of} done"


class _FieldColumn(ProgressColumn):
    """A field of a task, in one line.

    Args:
        name: of the field.
    """

    def __init__(self, name: str):
        super().__init__(table_column=Column(no_wrap=True))
        self._name = name

    def render(self, task: Task) -> Text:
        """The text of the field."""
        return Text(task.fields[self._name])


class _EpochsColumn(_FieldColumn):
    """What a run is doing; of all runs together, whose field is None, the runs and epochs done, and the time that has
    passed and that is left."""

    def render(self, task: Task) -> Text:
        """The text of the field, or the epochs and times."""
        if task.fields[self._name] is not None:
            return super().render(task)
        return Text(f"{task.fields['done']}, epochs {int(task.completed)}/{int(task.total)}, {times_text(task)}")


class RunProgress(FitCallback):
    """Moves the bar of one run."""

    def __init__(
        self, display: ProgressDisplay, name: str, task: int, epochs: int, number: str, place: str, about: str = ""
    ):
        self._display = display
        self.name, self.task, self.epochs = name, task, epochs
        self.number, self.about, self._place = number, about, place
        self.epochs_shown = 0
        self.began = time.perf_counter()
        self._latest = ""

    def on_step(self, what: str, batches: int | None = None) -> None:
        bars = self._display.bars()
        bars.reset(self.task, total=batches, place=self._place, details=what)
        if not shows_progress():
            say(f"{self.number}{self.name}: {what} ...")

    def on_predict_batch_end(self) -> None:
        self.batches(1)

    def on_epoch_begin(self, epoch: int, batches: int) -> None:
        if epoch > self.epochs_shown:
            # Continuing from a checkpoint: the epochs before it take no more time.
            for _ in range(epoch - self.epochs_shown):
                self._display.epoch()
            say(f"{self.number}{self.name}: continuing after epoch {epoch}")
            self.epochs_shown = epoch
        self._display.bars().update(
            self.task,
            details=f"epoch {epoch + 1}/{self.epochs}{self._latest}",
            total=batches,
            completed=0,
        )

    def on_train_batch_end(self) -> None:
        self.batches(1)

    def batches(self, count: int) -> None:
        """Advance the bar by the batches that were trained on since the last call."""
        self._display.bars().advance(self.task, count)

    def again(self) -> None:
        """Report that the worker of this run was lost and another one takes over."""
        warn(f"{self.number}{self.name}: its worker was lost, another one takes over")

    def on_epoch_end(self, entry: dict[str, float]) -> None:
        accuracy = percent_text(stored_percent(entry["val_accuracy"]))
        self._latest = f", loss {entry['loss']:.3f}, validation {accuracy} %"
        epoch = int(entry["epoch"])
        # An epoch that a lost worker had finished counts once.
        if epoch > self.epochs_shown:
            self._display.epoch()
            self.epochs_shown = epoch
        if not shows_progress():
            say(f"{self.number}{self.name}: epoch {epoch}/{self.epochs}{self._latest}")
