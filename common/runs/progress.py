"""The progress of a whole table: runs done, runs left, time left, loss and validation accuracy."""

import time
from collections.abc import Mapping

from rich.progress import Progress, ProgressColumn, Task
from rich.table import Column
from rich.text import Text

from common.core.console import clock, new_bars, say, shows_progress, times_text, warn
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
        costs: name of a run -> cost of one of its epochs, relative to the other runs; 1 of a run that is not named.
        work: cost of all epochs together; 0 where all cost the same, None where costs are not known: the time left is
            not known then, either.
    """

    def __init__(
        self,
        runs: int,
        finished: int,
        epochs: int,
        *,
        numbered: bool = True,
        things: str = "runs",
        costs: Mapping[str, float] | None = None,
        work: float | None = 0,
    ):
        self._costs, self._work = costs or {}, work or epochs
        self._knows_costs = work is not None
        self._epochs_done = 0
        self._done, self._begun, self._epochs = finished, finished, epochs
        self._of = f"/{runs}" if runs else ""
        self._numbered, self._things = numbered, things
        self._bars = new_bars(_FieldColumn("place"), _EpochsColumn("details"), disable=not shows_progress())
        self._total = None

    def __enter__(self) -> "ProgressDisplay":
        if self._epochs:
            self._bars.start()
            self._total = self._bars.add_task(
                self._things,
                total=self._work,
                place="",
                details=None,
                done=self._count(),
                epochs=f"0/{self._epochs}",
                knows_costs=self._knows_costs,
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
        return RunProgress(self, name, task, epochs, number, place, about, cost=self._costs.get(name, 1))

    def end(self, callback: "RunProgress", result: str) -> None:
        """Remove the bar of a run that ended, and print its result in one line."""
        self._done += 1
        self._bars.remove_task(callback.task)
        if self._total is not None:
            # Early stopping leaves epochs undone; they count as done for the time left.
            self.epochs(callback, callback.epochs - callback.epochs_shown)
            self._bars.update(self._total, done=self._count())
        done = "" if self._numbered else f", {self._count()}"
        about = f", {callback.about}" if callback.about else ""
        say(f"{callback.number}{callback.name}: {result} ({time.perf_counter() - callback.began:.0f} s{done}){about}")

    def epochs(self, callback: "RunProgress", count: int = 1) -> None:
        """Count finished epochs of a run."""
        if self._total is not None:
            self._epochs_done += count
            self._bars.update(self._total, advance=count * callback.cost, epochs=f"{self._epochs_done}/{self._epochs}")

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
        times = times_text(task) if task.fields["knows_costs"] else clock(task.elapsed or 0)
        return Text(f"{task.fields['done']}, epochs {task.fields['epochs']}, {times}")


class RunProgress(FitCallback):
    """Moves the bar of one run."""

    def __init__(
        self,
        display: ProgressDisplay,
        name: str,
        task: int,
        epochs: int,
        number: str,
        place: str,
        about: str = "",
        *,
        cost: float = 1,
    ):
        self._display, self.cost = display, cost
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
            self._display.epochs(self, epoch - self.epochs_shown)
            say(f"{self.number}{self.name}: continuing after epoch {epoch}")
            self.epochs_shown = epoch
        self._display.bars().update(
            self.task,
            details=f"epoch {epoch + 1}/{self.epochs}{self._latest}",
            # Of all epochs of the run, as the text beside it.
            total=self.epochs * batches,
            completed=epoch * batches,
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
            self._display.epochs(self)
            self.epochs_shown = epoch
        if not shows_progress():
            say(f"{self.number}{self.name}: epoch {epoch}/{self.epochs}{self._latest}")
