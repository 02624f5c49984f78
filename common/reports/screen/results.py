"""Short tables of results, also of those with a study's own metric, and of tables of layers."""

from collections.abc import Callable
from typing import Any

from common.core.percent import percent_text, published_text
from common.core.words import counted
from common.metrics.clips import PART_OF_METRIC
from common.reports.cell_texts import seconds_text
from common.reports.layers import compared_columns, keras_outputs, layer_labels, parameter_counts
from common.reports.screen.columns import Column, ShortTable
from common.reports.table import Table
from common.reports.text.flag_words import FLAG_WORDS
from common.reports.text.reference import reference_text

_CLIP_ACCURACY, _WINDOW_ACCURACY = "clip_accuracy_mean_softmax", "window_accuracy"
_HEADS = {_CLIP_ACCURACY: "clip accuracy (%)", _WINDOW_ACCURACY: "window accuracy (%)"}
# Metrics of single clips, which differ only in how clips are averaged.
_BY_MEAN_SOFTMAX = (_CLIP_ACCURACY, "clip_f1_weighted", "clip_f1_macro")
# Splits of which one seed has several runs.
_WITH_FOLDS = ("kfold", "rotating")
# Settings beside each other whose intervals are shown, too.
_MOST_INTERVALS = 2
# How the sentence begins that says on which data the published numbers were measured.
PUBLISHED_ON = "Published: on "
_RECOMMENDED = "*: the paper's recommended network"


def results_on_screen(table: Table, *, is_own: bool = False) -> ShortTable:
    """Published and measured numbers of each row; where a table has several published metrics, one line for each.

    Args:
        is_own: whether the runs are the user's own, not those that come with Encore.
    """
    values = table.values
    rows = [row for row in values["rows"] if _is_shown(values, row)]
    lines = [(row, metric) for row in rows for metric in values["metrics"]]

    def column(head: str, text: Callable[[dict[str, Any], str], str], priority: int, **form: bool) -> Column:
        return Column(head, tuple(text(row, metric) for row, metric in lines), priority, **form)

    columns = _names(values, rows, column)
    if len(values["metrics"]) > 1:
        columns.append(column("metric", lambda row, metric: _metric_name(metric), 0, is_text=True))
    columns.append(column("published (%)", lambda row, metric: _percent(row["published"][metric]), 1))
    whose = _whose(is_own)
    beside = any(row.get("committed") for row in rows)
    if beside:
        columns.append(column("Encore's (%)", _committed, 2))
    columns.append(column(f"{whose} (%),\n95 % interval", _ours, 1))
    columns += _other_accuracies(values, column)
    columns += _seconds(values, rows, whose, column)
    head = _runs_head(rows, values["metrics"])
    columns.append(column(head, lambda row, metric: _count(values, row, metric, "runs"), 4))
    clips = "clips" if len(values["metrics"]) > 1 else "test clips"
    columns.append(column(clips, lambda row, metric: _count(values, row, metric, "clips"), 5))
    measured = _metrics_keys(values, rows, whose)
    needed = [*([_published_key(values), _committed_key(values, rows)] if beside else []), *measured]
    needed = list(filter(None, needed))
    not_run = _not_shown_key(len(values["rows"]) - len(rows), len(values["rows"]))
    further = filter(None, (not_run, reference_text(values.get("reference"))))
    return ShortTable(
        table.title,
        tuple(columns),
        about_data(values),
        (*needed, *further),
        needed_keys=len(needed),
        mark=mark_of(values),
    )


def _whose(is_own: bool) -> str:
    return "yours" if is_own else "ours"


def mark_of(values: dict[str, Any]) -> str:
    """What the mark at a row means; empty where no row has it."""
    best = values.get("recommended")
    return _RECOMMENDED if best and any(row["label"] == best for row in values["rows"]) else ""


def data_name(values: dict[str, Any]) -> str:
    """The data of a table: the well-known data set where arrays were recognised as one, else their own name.

    Args:
        values: of a table, or of the committed numbers of a row.
    """
    data, known = values.get("data") or "", values.get("known_data")
    return f"{known} (arrays)" if known and known not in data else data


def about_data(values: dict[str, Any]) -> str:
    """Data and split of a table, in one line."""
    clips = values.get("data_clips")
    parts = [
        data_name(values),
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
    if any(row["name"] != row["label"].lower() for row in rows):
        names.append(column(header, lambda row, metric: row["label"], 6, is_text=True, is_group=True, is_spare=True))
    return names


def _other_accuracies(values: dict[str, Any], column: Callable[..., Column]) -> list[Column]:
    """Accuracy over clips where the published metrics are compared with another; else that over windows."""
    if len(values["metrics"]) > 1:
        return []
    name = _other_accuracy(values)
    return [column(_HEADS[name], lambda row, metric: _mean(row, name), 3)]


def _seconds(
    values: dict[str, Any], rows: list[dict[str, Any]], whose: str, column: Callable[..., Column]
) -> list[Column]:
    """Published and measured seconds per epoch, of tables that have them."""

    def text(key: str) -> Callable[[dict[str, Any], str], str]:
        # Once for a row, whatever metrics it has.
        return lambda row, metric: seconds_text(row, key) if metric == values["metrics"][0] else ""

    heads = (("published", "published\ns/epoch"), ("measured", f"{whose}\ns/epoch"))
    shown = [(key, head) for key, head in heads if any(seconds_text(row, key) for row in rows)]
    return [column(head, text(key), 2) for key, head in shown]


def _other_accuracy(values: dict[str, Any]) -> str:
    return _WINDOW_ACCURACY if _CLIP_ACCURACY in values["compared_with"].values() else _CLIP_ACCURACY


def _metrics_keys(values: dict[str, Any], rows: list[dict[str, Any]], whose: str) -> list[str]:
    """What the measured numbers are, and what their intervals account for."""
    entries = [row["measured"][metric] for row in rows if row["measured"] for metric in values["metrics"]]
    if not entries:
        return []
    measured = next(row["measured"] for row in rows if row["measured"])
    parts = {PART_OF_METRIC.get(metric, "test") for metric in values["compared_with"].values()}
    key = interval_key(entries) if parts == {"test"} else _interval_key_of_parts(entries)
    # Only beside Encore's numbers it could be asked whose the other accuracy is.
    beside = any(row.get("committed") for row in rows) and len(values["metrics"]) == 1
    other = f", and the column {_HEADS[_other_accuracy(values)].removesuffix(' (%)')}" if beside else ""
    return [f"{_ours_text(values, measured, whose)}{other}.", key]


def _interval_key_of_parts(entries: list[dict[str, Any]]) -> str:
    """`interval_key` for metrics of several parts of a split."""
    over = _runs_of(entries)
    if not over:
        return "95 % intervals: from the clips of each part only, not from seeds."
    return f"95 % intervals: from the clips of each part, and from {over}."


def _ours_text(values: dict[str, Any], measured: dict[str, Any], whose: str) -> str:
    """What the measured number of each published metric is; once where it is the same for several.

    Args:
        measured: of a row.
        whose: `ours` or `yours`.
    """
    metrics: dict[str, list[str]] = {}
    for metric in values["metrics"]:
        is_common = len(values["metrics"]) > 1 and values["compared_with"][metric] in _BY_MEAN_SOFTMAX
        name = "over clips, by mean softmax" if is_common else _without_part(measured[metric]["metric"])
        metrics.setdefault(name, []).append(_metric_name(metric))
    if len(metrics) == 1:
        return f"{whose.capitalize()}: {next(iter(metrics))}"
    texts = [f"{' and '.join(mine)} {'is' if len(mine) == 1 else 'are'} {name}" for name, mine in metrics.items()]
    return f"{whose.capitalize()}: {'; '.join(texts)}"


def _without_part(metric: str) -> str:
    """The name of a metric without the part of the split, which the published metric names."""
    return metric.removesuffix(" on the validation part")


def _metric_name(metric: str) -> str:
    """A published metric in words."""
    words = metric.replace("_", " ")
    return f"F1{words[2:]}" if words == "f1" or words.startswith("f1 ") else words


def _published_key(values: dict[str, Any]) -> str:
    """On which data the published numbers were measured; empty where that is known to be the same, or not known."""
    published_on = values.get("published_on")
    is_same = published_on in (None, values.get("known_data"))
    return "" if is_same else f"{PUBLISHED_ON}{published_on}."


def _committed_key(values: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """On which data Encore's numbers were measured, in how many runs, and what was reduced; said once where that is the
    same for all rows."""
    names_of: dict[str, list[str]] = {}
    for row in rows:
        if row.get("committed"):
            text = _measured_on(values, row["committed"])
            names_of.setdefault(text, []).append(row.get("name", row["label"]))
    if len(names_of) == 1:
        return f"Encore's: measured on {next(iter(names_of))}."
    texts = [f"{', '.join(names)}: on {text}" for text, names in names_of.items()]
    return f"Encore's: measured for {'; '.join(texts)}."


def _measured_on(values: dict[str, Any], committed: dict[str, Any]) -> str:
    """Data, runs, epochs and reductions of Encore's numbers of a row."""
    data = data_name(committed)
    # Tables of earlier versions do not say of which well-known data set arrays are.
    known = {one["known_data"] for one in (committed, values) if one.get("known_data")}
    same = committed["data"] == values.get("data") and len(known) < 2
    over = next((one.get("runs_vary_in", "") for one in committed["measured"].values()), "")
    number = committed["runs"]
    # With folds, each seed has several runs, of which only the number together is known.
    is_known = over == "folds" or (over and values["setting"]["split"] not in _WITH_FOLDS)
    runs = counted(number, over) if is_known else "one seed" if number == 1 else counted(number, "run")
    epochs = committed.get("epochs")
    reduced = [FLAG_WORDS[flag] for flag in committed.get("reduced", ()) if flag != "fewer_epochs"]
    parts = [
        data if same else f"{data}, other data than yours",
        runs,
        *([] if epochs is None else [f"at most {counted(epochs, 'epoch')}"]),
        *reduced,
    ]
    return ", ".join(parts)


def _not_shown_key(rows: int, every: int) -> str:
    return f"{rows} of {counted(every, 'row')} not run yet." if rows else ""


def interval_key(entries: list[dict[str, Any]]) -> str:
    """What the 95 % intervals of measured values account for."""
    over = _runs_of(entries)
    if not over:
        return "95 % intervals: from test clips only, not from seeds."
    both = f"95 % intervals: from test clips and {over}"
    is_everywhere = all("runs_vary_in" in entry for entry in entries)
    return f"{both}." if is_everywhere else f"{both}; where there is one run, from test clips only."


def _runs_of(entries: list[dict[str, Any]]) -> str:
    """What the runs of measured values vary in: `seeds`, `folds`, both, or empty where each is of one run."""
    over = {entry["runs_vary_in"] for entry in entries if "runs_vary_in" in entry}
    return " or ".join(sorted(over, reverse=True))


def _percent(value: float | None) -> str:
    return "not given" if value is None else published_text(value)


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
    """Published numbers, and those measured under each of several settings."""
    values = table.values
    settings = values["settings"]
    lines = [(row, metric) for row in values["rows"] for metric in values["metrics"]]

    def column(head: str, text: Callable[[dict[str, Any], str], str], priority: int, **form: bool) -> Column:
        return Column(head, tuple(text(row, metric) for row, metric in lines), priority, **form)

    columns = _names(values, values["rows"], column)
    if len(values["metrics"]) > 1:
        columns.append(column("metric", lambda row, metric: _metric_name(metric), 0, is_text=True))
    columns.append(column("published (%)", lambda row, metric: _percent(row["published"][metric]), 1))
    # More than two intervals beside each other are wider than most screens.
    together = len(settings) <= _MOST_INTERVALS
    for number, setting in enumerate(settings):
        entries = [row["measured"][number].get(metric) for row, metric in lines]
        found = tuple(map(mean_and_interval if together else _mean_of, entries))
        columns.append(Column(_setting_head(setting), found, is_asked=True))
    keys = []
    entries = [entry for row in values["rows"] for measured in row["measured"] for entry in measured.values()]
    if entries:
        measured = next(measured for row in values["rows"] for measured in row["measured"] if measured)
        owners = list(dict.fromkeys(_whose_setting(setting) for setting in settings))
        keys.append(f"{_ours_text(values, measured, ' and '.join(owners))}.")
        keys += [interval_key(entries)] if together else []
    keys += _reductions(settings)
    return ShortTable(
        table.title, tuple(columns), _data_of_settings(values), tuple(keys), needed_keys=len(keys), mark=mark_of(values)
    )


def _whose_setting(setting: dict[str, Any]) -> str:
    return _whose(setting.get("is_own", False))


def _setting_head(setting: dict[str, Any]) -> str:
    """`ours: holdout,` above `by clip (%)`."""
    first, _, last = setting["name"].rpartition(", ")
    whose = _whose_setting(setting)
    return f"{whose}: {first},\n{last} (%)" if first else f"{whose}:\n{last} (%)"


def _reductions(settings: list[dict[str, Any]]) -> list[str]:
    """What was reduced or different under all settings, and under some."""
    every = {1: "Reduced or different", 2: "Both"}.get(len(settings), "All")
    common = [words for words in settings[0]["reduced"] if all(words in one["reduced"] for one in settings)]
    texts = [f"{every}: {', '.join(common)}."] if common else []
    for one in settings:
        if own := [words for words in one["reduced"] if words not in common]:
            texts.append(f"{one['name']}: {', '.join(own)}.")
    return texts


def _data_of_settings(values: dict[str, Any]) -> str:
    """The data and the scale of all settings, or of each where they differ."""
    names = ("data", "known_data", "data_clips", "setting")
    texts = [
        about_data({name: one.get(name) for name in names} | {"scale": one["setting"].get("scale")})
        for one in values["settings"]
    ]
    if len(set(texts)) == 1:
        return texts[0]
    return "; ".join(f"{one['name']}: {text}" for one, text in zip(values["settings"], texts, strict=True))


def layers_on_screen(table: Table) -> ShortTable:
    """Published and built layers."""
    values = table.values
    columns = (
        Column(values["row_header"], layer_labels(values), is_text=True),
        *(
            Column(head[:1].lower() + head[1:], column, 1, is_text=_has_words(column))
            for head, column in compared_columns(values, "built")
        ),
        Column("parameters", parameter_counts(values), 2),
        Column("Keras output", keras_outputs(values), 3),
    )
    return ShortTable(table.title, columns, keys=tuple(note.text for note in table.notes))


def _has_words(cells: tuple[str, ...]) -> bool:
    """Whether a column of layers has words, e.g. types of layers, not only sizes."""
    return any(character.isalpha() and character != "x" for cell in cells for character in cell)
