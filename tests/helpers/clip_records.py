"""Records with chosen decisions on chosen clips, and packed clip decisions read by the description of their form."""

import base64
import gzip
import json
import struct
from collections.abc import Iterable, Sequence

from common.metrics.clips import ClipResult
from common.records.record import Record
from tests.helpers.se_cnn_records import FACTS, SETTING, record


def clip(name: str, label: int, decided: int, genres: int = 2, **changes) -> ClipResult:
    """A clip of three windows, all decided for one genre."""
    values = {
        "id": name,
        "label": label,
        "windows": 3,
        "windows_correct": 3 * (decided == label),
        "votes": tuple(3 * (genre == decided) for genre in range(genres)),
        "mean_softmax": tuple(float(genre == decided) for genre in range(genres)),
    }
    return ClipResult(**{**values, **changes})


def run_of(
    clips: Iterable[ClipResult],
    *,
    genres: Sequence[str] = ("rock", "pop"),
    title: str = "Songs",
    digest: str = "d",
    scale: str = "paper",
    **changes,
) -> Record:
    """A record of an own folder's clips."""
    setting = SETTING.replace(dataset="folder", data_digest=digest, scale=scale)
    facts = FACTS.replace(title=title, genres=tuple(genres))
    return record(**{"setting": setting, "data": facts, "clips": tuple(clips), **changes})


def keyed(*records: Record) -> list[tuple[str, Record]]:
    """Records with keys in their order: `p/d/0`, `p/d/1`."""
    return [(f"p/d/{number}", one) for number, one in enumerate(records)]


def unpacked(text: str) -> tuple[dict, dict[str, list[tuple[str, str, str, str, list[int]]]], bytes]:
    """Read packed clip decisions.

    Returns:
        The header; of each run, by key, the id, genre and artist of each clip, the genre decided by mean softmax and
        the votes; and the unpacked bytes.
    """
    content = gzip.decompress(base64.b64decode(text))
    (length,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + length])
    offset, runs = 4 + length, {}

    def numbers(count: int, width: int) -> tuple[int, ...]:
        nonlocal offset
        found = struct.unpack_from(f"<{count}{ {1: 'B', 2: 'H', 4: 'I'}[width] }", content, offset)
        offset += count * width
        return found

    for one in header["sets"]:
        clips, keys, genres = one["clips"], one["runs"], one["genres"]
        decided = numbers(len(clips) * len(keys), one["bytes"][0])
        votes = numbers(len(genres) * len(clips) * len(keys), one["bytes"][1])
        data = header["data"][one["data"]]
        for run, key in enumerate(keys):
            runs[key] = [
                (
                    data["ids"][place],
                    data["genres"][data["labels"][place]],
                    data["artists"][data["artist"][place]] if data["artist"][place] >= 0 else "",
                    genres[decided[row * len(keys) + run]],
                    [votes[(genre * len(clips) + row) * len(keys) + run] for genre in range(len(genres))],
                )
                for row, place in enumerate(clips)
            ]
    assert offset == len(content)
    return header, runs, content
