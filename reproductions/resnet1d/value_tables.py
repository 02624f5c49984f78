"""What the report says of faults in GTZAN, and which command counts them here."""

from common.paper import Paper, ValueRow, ValueTable

_STURM = "section 3.1, after Sturm"
_DUPLICATES = "encore duplicates --dataset gtzan --data DIR"


def _faults(_: Paper) -> tuple[ValueRow, ...]:
    return (
        ValueRow("Excerpts of the same recording", "7.2 %", (), f"{_STURM}; near duplicates of {_DUPLICATES}"),
        ValueRow("Exact duplicates", "5 %", (), f"{_STURM}; files of the same bytes of {_DUPLICATES}"),
        ValueRow("Mislabelled", "10.6 %", (), f"{_STURM}; not measurable without a listener"),
        ValueRow("Spoilt by distortion", "1 excerpt", (), f"{_STURM}; not measured"),
    )


VALUE_TABLES = (
    ValueTable(
        id="dataset_problems", title="Problems of the data set GTZAN", row_header="Problem", columns=(), rows=_faults
    ),
)
