"""The benchmark of endurance compares the ends of what it samples, and takes a sample after each run."""

import json

import pytest

from benchmarks import endurance, endurance_child
from benchmarks.endurance import EPOCH_TIME, KEPT_MEMORY, MEMORY, Endurance
from common.core.errors import RunError

SHORT = Endurance(6, first=2, window=2)


def pretend(monkeypatch, values, kept=()):
    def in_process(part, folder, **how):
        return {MEMORY: list(kept)} if how.get("keep_graphs") else values

    monkeypatch.setattr(endurance, "in_process_of_its_own", in_process)


def held(memory, **counted):
    none = dict.fromkeys(endurance.COUNTED, [0] * len(memory))
    return {MEMORY: memory, **none, **counted}


def test_memory_of_the_last_samples_is_compared_with_that_after_the_first_ones(tmp_path, monkeypatch):
    pretend(monkeypatch, held([10, 500, 100, 102, 106, 104]))
    memory, *counts = endurance.measure("runs", tmp_path, SHORT).requirements
    assert (memory.measured, memory.limit, memory.bound) == (105 / 101, 1.03, "at most")
    assert "median of the last 2 samples / median of samples 3 to 4" in memory.what
    assert [requirement.holds for requirement in counts] == [True] * 3


@pytest.mark.parametrize("name", endurance.COUNTED)
def test_not_one_file_or_thread_more_may_be_held(tmp_path, monkeypatch, name):
    pretend(monkeypatch, held([100] * 6, **{name: [5, 9, 5, 6, 5, 7]}))
    (grown,) = [each for each in endurance.measure("runs", tmp_path, SHORT).requirements if each.what.startswith(name)]
    assert (grown.measured, grown.holds) == (1, False)


def test_late_epochs_may_not_take_longer_than_early_ones(tmp_path, monkeypatch):
    pretend(monkeypatch, held([100] * 6, **{EPOCH_TIME: [900, 900, 10, 10, 20, 20]}))
    slower = endurance.measure("epochs", tmp_path, SHORT).requirements[-1]
    assert (slower.measured, slower.holds) == (2, False)


def test_too_few_runs_to_compare_are_refused(tmp_path):
    with pytest.raises(RunError, match=r"--count 5: gives 5 samples, expected at least 6: 6 runs\."):
        endurance.measure("runs", tmp_path, Endurance(5, first=2, window=2))


def test_the_picture_shows_the_parts_that_were_measured(tmp_path, monkeypatch):
    pretend(monkeypatch, held([100] * 6), kept=[100, 120, 140])
    result = endurance.measure("runs", tmp_path, Endurance(6, first=2, window=2, kept=3))
    assert result.values[KEPT_MEMORY] == [100, 120, 140]
    (tmp_path / "endurance_runs.json").write_text(json.dumps(result.as_json()), encoding="utf-8")
    drawn = []
    monkeypatch.setattr(endurance, "save_figure", lambda drawing, stem: drawn.append(drawing()))
    endurance.draw(tmp_path)
    (axes,) = drawn[0].axes
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert lines == {"graphs kept, as before": [0, 20, 40], "graphs freed": [0] * 6}
    assert axes.get_xlabel() == "finished runs"


@pytest.mark.slow
@pytest.mark.parametrize(("what", "samples"), [("runs", 2), ("trials", 2), ("epochs", 1)])
def test_a_sample_follows_each_run_and_trial_and_every_second_epoch(tmp_path, what, samples):
    values = endurance.in_process_of_its_own(what, tmp_path, count=2, every=2)
    assert {name: len(each) for name, each in values.items() if name in (MEMORY, *endurance.COUNTED)} == dict.fromkeys(
        (MEMORY, *endurance.COUNTED), samples
    )
    assert min(values[MEMORY]) > 100
    assert (EPOCH_TIME in values) is (what == "epochs")


@pytest.mark.slow
def test_memory_does_not_grow_from_run_to_run(tmp_path):
    """Each run traces a network of its own. Kept graphs would add 2 MB with each."""
    values = endurance.in_process_of_its_own("runs", tmp_path, count=14)
    assert values[MEMORY][-1] < 1.01 * values[MEMORY][3]
    assert max(values["open files"][3:]) == values["open files"][3]


def test_the_space_of_trials_varies_the_network():
    paths = [parameter.path for parameter in endurance_child.SPACE.parameters.every]
    assert paths == ["model.widths"] * len(endurance_child.WIDTHS)
