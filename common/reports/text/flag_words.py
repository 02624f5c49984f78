"""Words for what keeps the numbers of a table from being the paper's, where there is no room for sentences."""

from common.reports.table import Note, NoteKind

# Notes that a reader needs before comparing numbers, the most important first, and the words for each. The other kinds
# say how numbers were made.
FLAG_WORDS: dict[NoteKind, str] = {
    "smoke_scale": "smoke scale",
    "synthetic": "synthetic audio",
    "incomplete": "incomplete",
    "excerpts": "excerpts of clips",
    "legacy_metric": "the study's own metric",
    "reduced_features": "reduced features",
    "reduced_network": "reduced network",
    "reduced_windows": "reduced windows",
    "fewer_epochs": "other number of epochs",
    "one_seed": "one seed",
    "one_seed_in_some_rows": "one seed in some rows",
    "other_data": "other data",
    "other_split": "other split",
    "other_classes": "other genres",
    "changed_values": "changed values",
    "bfloat16": "bfloat16",
    "contaminated": "contaminated",
    "diverged": "diverged runs",
    "left_out_clips": "unusable clips skipped",
}


def in_words(note: Note) -> str:
    """A note of one of these kinds in a few words."""
    return note.short.rstrip(".") or FLAG_WORDS[note.kind]
