"""The part of the report page that its script reads.

The page holds its values twice: as HTML that is readable without JavaScript, and as JSON in
`<script type="application/json" id="data">`, from which the script draws charts and filters rows. Texts that the script
does not need (captions, cells of whole tables, reasons) are in the HTML only.

The JSON, where `?` marks values that may be null, percentages are in percent, and ids are those of HTML elements;
`values` and `gaps` of a split are `{}` where it was not run, and `gaps` of the first split, too:

```
{"format": 1,
 "title": "...", "own": false,                 whether the runs are the reader's own
 "genres": [["blues", ...], ...],              lists of genres, which rows and audits name by their place
 "papers": {"se_cnn": "SE-CNN"},               titles
 "split_meanings": {"holdout": "..."},         what each split of the rows means
 "audits": [{
    "id": "audit-se_cnn-arrays-audit", "paper": "se_cnn", "title": "...", "row": "se-12345", "data": "...",
    "dataset": "GTZAN",
    "metrics": [["window_accuracy", "window accuracy"], ["clip_accuracy_mean_softmax", "clip accuracy (mean softmax)"]],
    "published": {"name": "accuracy", "percent": 93.6, "text": "93.6", "metric": "window_accuracy"}?,
    "splits": [{
       "id": "audit-se_cnn-arrays-audit-1", "label": "holdout, by window",
       "values": {"window_accuracy": {"mean": 89.8, "low": 87.7, "high": 91.7, "text": "89.8"}, ...},
       "gaps": {"window_accuracy": {"mean": -19.9, "low": -30.0, "high": -10.1, "text": "−19.9"}, ...},
       "gap_text": "19.9 points lower ...", "text": "window accuracy 89.8 % (95 % interval ...)",
       "runs": 3, "clips": 998,
       "examples": [{"clip": "blues.00000", "genre": "blues", "artist": "..."?, "why": "...", "decided": "...",
            "differs": true}]}]}],
 "tables": [{"id": "table-se_cnn-arrays-5.1_20_epochs_bfloat16", "paper": "se_cnn", "table": "5.1", "title": "...",
    "kind": "results", "heading": "SE-CNN, table 5.1: ... (GTZAN, holdout 60/10/30, by clip)", "data": "GTZAN",
    "protocol": "holdout 60/10/30, by clip"}],
 "rows": [{                                     those that were measured
    "id": "se_cnn-arrays-5.1_20_epochs_bfloat16-se-12345", "table": <id of its table>, "paper": "se_cnn",
    "name": "se-12345", "label": "1,2,3,4,5", "heading": "SE blocks: 1,2,3,4,5", "data": "GTZAN",
    "split": "holdout", "unit": "clip", "protocol": "holdout 60/10/30, by clip",
    "flags": ["reduced_features", ...], "contaminated": false, "reduced": true,
    "metrics": [{"name": "accuracy", "metric": "window_accuracy", "published": 93.6?, "mean": 69.9?, "low": 60.0?,
                 "high": 79.6?, "difference": -23.7?, "runs": 3, "clips": 300, "published_text": "93.6",
                 "mean_text": "69.9 ± 3.3"}],
    "runs": [<places in "runs">],
    "confusion": {"genres": <place in "genres">, "counts": [[true genre x decided genre]]}?,
    "scores": [[<precision>?, <recall>?, <f1>?, <test clips>] of each genre]}],
 "runs": [{"key": "se_cnn/arrays/08b5fff8fc85468e", "paper": "se_cnn", "dataset": "arrays", "data": "GTZAN",
    "name": "se-12345", "heading": "SE-CNN, table 5.1, SE blocks: 1,2,3,4,5", "split": "holdout", "unit": "clip",
    "protocol": "holdout 60/10/30, by clip", "seed": 0, "fold": 0, "folds": 1, "best_epoch": 19,
    "genres": <place in "genres">,
    "curves": {"loss": [...], "val_loss": [...], "accuracy": [...], "val_accuracy": [...], "learning_rate": [...]}}]}
```

Curves have one number for each epoch, accuracies as shares between 0 and 1; `learning_rate` is missing where the record
does not hold it. A run's clip decisions are packed apart from this, by its key, see `common.report_page.clips`.
"""

import json
from dataclasses import asdict
from typing import Any

from common.paper.protocol import SPLIT_MEANINGS
from common.report_page.payload import AuditView, Page, RowView

FORMAT = 1
# Characters that could end the script element, or begin markup, in the JSON of the page.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_OF_TABLES = ("id", "paper", "table", "title", "heading", "kind", "data", "protocol")
# What only the HTML has, of audits, their splits, rows and their metrics.
_AUDIT_IN_HTML = ("table", "published_on", "flag_words", "warnings")
_SPLIT_IN_HTML = ("means", "unavailable", "overlap_text")
_ROW_IN_HTML = ("table_id", "flag_words", "recommended", "others", "parameters")
_METRIC_IN_HTML = ("metric_name", "interval_text", "inside_text", "difference_text")


def page_json(page: Page) -> dict[str, Any]:
    """What the page's script reads."""
    return {
        "format": FORMAT,
        "title": page.title,
        "own": page.own,
        "genres": page.genres,
        "papers": {paper.key: paper.title for paper in page.papers},
        "split_meanings": {split: SPLIT_MEANINGS[split] for split in sorted({row.split for row in page.rows})},
        "audits": [_audit_json(audit) for audit in page.audits],
        "tables": [{name: getattr(one, name) for name in _OF_TABLES} for one in page.tables],
        "rows": [_row_json(row) for row in page.rows if row.is_measured],
        "runs": [asdict(run) for run in page.runs],
    }


def _audit_json(audit: AuditView) -> dict[str, Any]:
    splits = [_fields(split, without=_SPLIT_IN_HTML) for split in audit.splits]
    return _fields(audit, without=_AUDIT_IN_HTML) | {"splits": splits}


def _row_json(row: RowView) -> dict[str, Any]:
    metrics = [_fields(metric, without=_METRIC_IN_HTML) for metric in row.metrics]
    return _fields(row, without=_ROW_IN_HTML) | {"metrics": metrics}


def _fields(one: Any, *, without: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name not in without}


def script_json(values: Any) -> str:
    """Compact JSON that can stand in a `<script>` element whatever texts it holds: `<`, `>`, `&` and the line
    separators of JavaScript are escaped, which changes nothing for who parses it."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)
