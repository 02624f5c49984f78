"""Short tables of results, also of those with a study's own metric, and of tables of layers."""

from collections.abc import Callable
from typing import Any

from common.core.percent import percent_text
from common.core.words import counted, plural
from common.metrics.clips import PART_OF_METRIC
from common.reports.screen.columns import Column, ShortTable
from common.reports.table import Table

_CLIP_ACCURACY, _WINDOW_ACCURACY = "clip_accuracy_mean_softmax", "window_accuracy"
_HEADS = {_CLIP_ACCURACY: "clip accuracy (%)", _WINDOW_ACCURACY: "window accuracy (%)"}
# Metrics of single clips, which differ only in how clips are averaged.
_BY_MEAN_SOFTMAX = (_CLIP_ACCURACY, "clip_f1_weighted", "clip_f1_macro")
_PARTS = {"train": "training", "valid": "validation"}
# Settings beside each other whose intervals are shown, too.
_MOST_INTERVALS = 2
_RECOMMENDED = "* the network that the paper recommends."


def results_on_screen(table: Table) -> ShortTable:
    """Published and measured numbers of each row; where a table has several published metrics, one line for each."""
    values = table.values
    rows = [row for row in values["rows"] if _is_shown(values, row)]
    lines = [(row, metric) for row in rows for metric in values["metrics"]]

    def column(head: str, text: Callable[[dict[str, Any], str], str], priority: int, **form: bool) -> Column:
        return Column(head, tuple(text(row, metric) for row, metric in lines), priority, **form)

    columns = _names(values, rows, column)
    if len(values["metrics"]) > 1:
        columns.append(column("metric", lambda row, metric: _metric_name(metric), 0, is_text=True))
    columns.append(column("published (%)", lambda row, metric: _percent(row["published"][metric]), 1))
    if any(row.get("committed") for row in rows):
        columns.append(column("committed (%)", _committed, 2))
    columns.append(column("ours (%),\n95 % interval", _ours, 1))
    columns += _other_accuracies(values, column)
    head = _runs_head(rows, values["metrics"])
    columns.append(column(head, lambda row, metric: _count(values, row, metric, "runs"), 4))
    clips = "clips" if len(values["metrics"]) > 1 else "test clips"
    columns.append(column(clips, lambda row, metric: _count(values, row, metric, "clips"), 5))
    committed = _committed_key(values, rows)
    keys = [committed] if committed else []
    keys += [_RECOMMENDED] if any(row["label"] == values.get("recommended") for row in rows) else []
    keys += [*_metrics_keys(values, rows), _not_shown_key(len(values["rows"]) - len(rows), len(values["rows"]))]
    return ShortTable(
        table.title,
        tuple(columns),
        about_data(values),
        tuple(filter(None, keys)),
        needed_keys=1 if committed else 0,
    )


def about_data(values: dict[str, Any]) -> str:
    """Data and split of a table, in one line."""
    clips = values.get("data_clips")
    parts = [
        values.get("data"),
        counted(clips, "clip") if clips else None,
        values.get("protocol"),
        _smoke_scale(values) if values.get("scale") == "smoke" else None,
    ]
    return ", ".join(part for part in parts if part)


def _smoke_scale(values: dict[str, Any]) -> str:
    epochs = values.get("setting", {}).get("epochs")
    return f"smoke scale, {counted(epochs, 'epoch')}" if epochs else "smoke scale"


def _is_shown(values: dict[str, Any], row: dict[str, Any]) -> bool:
    """With several metrics, rows that were not run would take most of the screen."""
    is_long = len(values["metrics"]) > 1 and any(one["measured"] for one in values["rows"])
    return bool(row["measured"]) or row["label"] == values.get("recommended") or not is_long


def _names(values: dict[str, Any], rows: list[dict[str, Any]], column: Callable[..., Column]) -> list[Column]:
    """What names the rows: their labels, or short names and, where these differ, labels."""

    def marked(row: dict[str, Any], text: str) -> str:
        # With a space that no line ends at.
        return f"{text}\N{NO-BREAK SPACE}*" if row["label"] == values.get("recommended") else text

    header = values["row_header"]
    if not all(row.get("name") for row in rows):
        return [column(header, lambda row, metric: marked(row, row["label"]), 0, is_text=True, is_group=True)]
    names = [column("row", lambda row, metric: marked(row, row["name"]), 0, is_text=True, is_group=True)]
    if any(row["name"] != row["label"] for row in rows):
        names.append(column(header, lambda row, metric: row["label"], 6, is_text=True, is_group=True, is_spare=True))
    return names


def _other_accuracies(values: dict[str, Any], column: Callable[..., Column]) -> list[Column]:
    """Accuracy over clips where the published metrics are compared with another; else that over windows."""
    compared = values["compared_with"].values()
    if len(values["metrics"]) > 1:
        return []
    name = _WINDOW_ACCURACY if _CLIP_ACCURACY in compared else _CLIP_ACCURACY
    return [column(_HEADS[name], lambda row, metric: _mean(row, name), 3)]


def _metrics_keys(values: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    """What ours is, and what its interval accounts for."""
    entries = [row["measured"][metric] for row in rows if row["measured"] for metric in values["metrics"]]
    if not entries:
        return []
    measured = next(row["measured"] for row in rows if row["measured"])
    of_test, of_parts = [], []
    for metric in values["metrics"]:
        part = _PARTS.get(PART_OF_METRIC.get(values["compared_with"][metric], ""))
        if part:
            of_parts.append(f"Of {_metric_name(metric)}: from {part} clips.")
        else:
            of_test += [row["measured"][metric] for row in rows if row["measured"]]
    intervals = interval_key(of_test) if of_test else "95 % intervals:"
    return [f"{_ours_text(values, measured)}.", " ".join([intervals, *of_parts])]


def _ours_text(values: dict[str, Any], measured: dict[str, Any]) -> str:
    """What our number of each published metric is; once where it is the same for several.

    Args:
        measured: of a row.
    """
    metrics: dict[str, list[str]] = {}
    for metric in values["metrics"]:
        is_common = len(values["metrics"]) > 1 and values["compared_with"][metric] in _BY_MEAN_SOFTMAX
        name = "over clips, by mean softmax" if is_common else measured[metric]["metric"]
        metrics.setdefault(name, []).append(_metric_name(metric))
    if len(metrics) == 1:
        return f"Ours: {next(iter(metrics))}"
    texts = [f"{', '.join(mine)}: {name}" for name, mine in metrics.items()]
    return f"Ours in {'; in '.join(texts)}"


def _metric_name(metric: str) -> str:
    """A published metric in words."""
    words = metric.replace("_", " ")
    return f"F1{words[2:]}" if words == "f1" or words.startswith("f1 ") else words


def _committed_key(values: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """Of which data the committed numbers are, of how many runs, and where they lie."""
    found = [row["committed"] for row in rows if row.get("committed")]
    files: dict[tuple[str, str], set[int]] = {}
    for one in found:
        files.setdefault((one["data"], one["path"]), set()).add(one["runs"])
    texts = []
    for (data, path), runs in files.items():
        counts = " to ".join(map(str, dict.fromkeys((min(runs), max(runs)))))
        other = "" if data == values.get("data") else ", other data"
        texts.append(f"on {data}{other}, {counts} {plural(max(runs), 'run')} ({path})")
    return f"Committed: our measured numbers {'; '.join(texts)}." if texts else ""


def _not_shown_key(rows: int, every: int) -> str:
    return f"{rows} of {counted(every, 'row')} not run yet." if rows else ""


def interval_key(entries: list[dict[str, Any]]) -> str:
    """What the 95 % intervals of measured values account for."""
    over = sorted({entry["runs_vary_in"] for entry in entries if "runs_vary_in" in entry}, reverse=True)
    if not over:
        return "95 % intervals: from test clips only."
    both = f"95 % intervals: from test clips and {' or '.join(over)}"
    is_everywhere = all("runs_vary_in" in entry for entry in entries)
    return f"{both}." if is_everywhere else f"{both}; where there is one run, from test clips only."


def _percent(value: float | None) -> str:
    return "not given" if value is None else percent_text(value)


def _mean(row: dict[str, Any], name: str) -> str:
    return percent_text(row["measured"][name]["mean"]) if row["measured"] else ""


def _ours(row: dict[str, Any], metric: str) -> str:
    return mean_and_interval(row["measured"][metric]) if row["measured"] else "not run"


def _committed(row: dict[str, Any], metric: str) -> str:
    measured = (row.get("committed") or {}).get("measured") or {}
    return percent_text(measured[metric]["mean"]) if metric in measured else ""


def _count(values: dict[str, Any], row: dict[str, Any], metric: str, of: str) -> str:
    """A number of runs or clips of a row; blank where the line above has the same."""
    if not row["measured"]:
        return ""
    metrics = values["metrics"]
    place = metrics.index(metric)
    found = row["measured"][metric][of]
    is_repeated = place > 0 and row["measured"][metrics[place - 1]][of] == found
    return "" if is_repeated else str(found)


def _runs_head(rows: list[dict[str, Any]], metrics: list[str]) -> str:
    """What the runs of rows are: `folds` where each run is a fold."""
    measured = [row["measured"][metric] for row in rows if row["measured"] for metric in metrics]
    return "folds" if measured and all(one.get("runs_vary_in") == "folds" for one in measured) else "runs"


def _mean_of(entry: dict[str, Any] | None) -> str:
    return percent_text(entry["mean"]) if entry else "not run"


def mean_and_interval(entry: dict[str, Any] | None, *, signed: bool = False) -> str:
    """A mean, and in parentheses its 95 % interval; where there is no entry, that the row was not run."""
    if not entry:
        return "not run"
    mean, low, high = (_unsigned_zero(percent_text(value, signed=signed)) for value in (entry["mean"], *entry["ci95"]))
    return f"{mean} ({low} to {high})"


def _unsigned_zero(number: str) -> str:
    return number.lstrip("+-") if float(number) == 0 else number


def settings_on_screen(table: Table) -> ShortTable:
    """Published numbers, and ours under each of several settings."""
    values = table.values
    names = [setting["name"] for setting in values["settings"]]
    lines = [(row, metric) for row in values["rows"] for metric in values["metrics"]]

    def column(head: str, text: Callable[[dict[str, Any], str], str], priority: int, **form: bool) -> Column:
        return Column(head, tuple(text(row, metric) for row, metric in lines), priority, **form)

    columns = _names(values, values["rows"], column)
    if len(values["metrics"]) > 1:
        columns.append(column("metric", lambda row, metric: _metric_name(metric), 0, is_text=True))
    columns.append(column("published (%)", lambda row, metric: _percent(row["published"][metric]), 1))
    # More than two intervals beside each other are wider than most screens.
    together = len(names) <= _MOST_INTERVALS
    for number, name in enumerate(names):
        entries = [row["measured"][number].get(metric) for row, metric in lines]
        found = tuple(map(mean_and_interval if together else _mean_of, entries))
        columns.append(Column(f"ours (%),\n{name}", found, 1))
    keys = []
    entries = [entry for row in values["rows"] for measured in row["measured"] for entry in measured.values()]
    if entries:
        measured = next(measured for row in values["rows"] for measured in row["measured"] if measured)
        keys.append(f"{_ours_text(values, measured)}; the columns differ in the {_differences(values['settings'])}.")
        keys += [interval_key(entries)] if together else []
    keys += [_RECOMMENDED] if any(row["label"] == values.get("recommended") for row in values["rows"]) else []
    # Which accuracy it is, is always said.
    needed = 1 if entries else 0
    return ShortTable(table.title, tuple(columns), _data_of_settings(values), tuple(keys), needed_keys=needed)


def _differences(settings: list[dict[str, Any]]) -> str:
    """What several settings differ in."""
    found = []
    # Two folders may have one name.
    if len({(one["data"], one["setting"].get("data_digest")) for one in settings}) > 1:
        found.append("data")
    if len({(one["setting"]["split"], one["setting"]["unit"]) for one in settings}) > 1:
        found.append("split")
    return " and the ".join(found or ["runs"])


def _data_of_settings(values: dict[str, Any]) -> str:
    """The data of all settings, or of each where they differ."""
    texts = [about_data({"data": one["data"], "data_clips": one.get("data_clips")}) for one in values["settings"]]
    if len(set(texts)) == 1:
        return texts[0]
    return "; ".join(f"{one['name']}: {text}" for one, text in zip(values["settings"], texts, strict=True))


def layers_on_screen(table: Table) -> ShortTable:
    """Published and our layers."""
    values = table.values
    (metric,) = values["metrics"]
    rows, name = values["rows"], metric.replace("_", " ")
    columns = (
        Column(values["row_header"], tuple(row["label"] for row in rows), is_text=True),
        Column(f"published {name}", tuple(_shape(row["published"][metric]) for row in rows), 1),
        Column(f"our {name}", tuple(_shape(row["measured"][metric]) for row in rows), 1),
        Column("parameters", tuple(f"{row['measured']['parameters']:,}" for row in rows), 2),
        Column("Keras output", tuple(_shape(row["measured"]["output_shape"]) for row in rows), 3),
    )
    return ShortTable(table.title, columns, keys=tuple(note.text for note in table.notes))


def _shape(value: Any) -> str:
    if value is None:
        return "-"
    return " x ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)
