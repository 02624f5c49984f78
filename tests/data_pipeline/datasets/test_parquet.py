"""Audio in .parquet files: rows are read a few at a time, with the names and labels that the file states."""

from pathlib import PurePosixPath

import pytest

from common.core.errors import DataError, ExtraError
from data_pipeline.datasets import parquet as module
from data_pipeline.datasets.parquet import open_audio_rows
from tests.helpers.packed_gtzan import write_parquet

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

CLIPS = {
    f"{genre}.{number:05d}": f"{genre} {number} ".encode() * 300_000 for genre in ("jazz", "pop") for number in (0, 1)
}


def read(*files) -> tuple[list[PurePosixPath], list[str] | None, dict[int, bytes]]:
    with open_audio_rows(files, label_column="genre") as rows:
        places = list(range(len(rows.paths)))
        return rows.paths, rows.labels, {i: b"".join(pieces) for i, pieces in rows.contents(places)}


@pytest.mark.parametrize("as_text", [False, True])
def test_rows_are_read_with_their_names_and_labels(tmp_path, as_text):
    file = write_parquet(tmp_path / "a.parquet", CLIPS, as_text=as_text, group_rows=3)
    paths, labels, contents = read(file)
    assert paths == [PurePosixPath(f"{clip}.wav") for clip in CLIPS]
    assert labels == ["jazz", "jazz", "pop", "pop"]
    assert contents == dict(enumerate(CLIPS.values()))


def test_rows_of_several_files_follow_each_other(tmp_path):
    first, second = dict(list(CLIPS.items())[:3]), dict(list(CLIPS.items())[3:])
    files = write_parquet(tmp_path / "a.parquet", first), write_parquet(tmp_path / "b.parquet", second)
    paths, labels, contents = read(*files)
    assert [path.name for path in paths] == [f"{clip}.wav" for clip in CLIPS]
    assert labels == ["jazz", "jazz", "pop", "pop"]
    assert contents == dict(enumerate(CLIPS.values()))


def test_only_the_rows_that_are_asked_for_are_given(tmp_path):
    with open_audio_rows([write_parquet(tmp_path / "a.parquet", CLIPS)], label_column="genre") as rows:
        assert [place for place, _ in rows.contents([3, 1])] == [1, 3]
        assert rows.total_bytes([]) == 0
        assert rows.total_bytes([1]) > 0


def test_a_row_without_bytes_is_named(tmp_path):
    file = write_parquet(tmp_path / "a.parquet", {**CLIPS, "rock.00000": None})
    with pytest.raises(DataError, match=r"a\.parquet: the row of rock\.00000\.wav holds a path and no audio"):
        read(file)


def test_the_path_that_a_file_once_had_is_used_where_the_audio_has_none(tmp_path):
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    audio = pyarrow.array([{"bytes": b"1", "path": None}, {"bytes": b"2", "path": ""}], kind)
    table = pyarrow.table({"file": ["C:\\genres\\pop\\pop.00000.wav", None], "audio": audio})
    parquet.write_table(table, tmp_path / "a.parquet")
    paths, labels, contents = read(tmp_path / "a.parquet")
    assert paths == [PurePosixPath("C:/genres/pop/pop.00000.wav"), PurePosixPath("")]
    assert labels is None
    assert contents == {0: b"1", 1: b"2"}


@pytest.mark.parametrize(
    "metadata",
    [None, {"huggingface": "no JSON"}, {"huggingface": '{"info": []}'}, {"huggingface": "[" * 100_000}],
    ids=["none", "text", "other", "deep"],
)
def test_numbers_without_names_stay_numbers(tmp_path, metadata):
    file = write_parquet(tmp_path / "a.parquet", CLIPS)
    parquet.write_table(parquet.read_table(file).replace_schema_metadata(metadata), file)
    assert read(file)[1] == ["5", "5", "7", "7"]


def test_names_of_genres_that_are_no_text_become_text(tmp_path):
    file = write_parquet(tmp_path / "a.parquet", CLIPS)
    described = '{"info": {"features": {"genre": {"names": [0, 1, 2, 3, 4, 55, 6, [7]]}}}}'
    parquet.write_table(parquet.read_table(file).replace_schema_metadata({"huggingface": described}), file)
    assert read(file)[1] == ["55", "55", "[7]", "[7]"]


@pytest.mark.parametrize(
    ("content", "path", "further", "message"),
    [
        (1, "pop.00000.wav", {}, "audio.bytes holds int, expected bytes"),
        (b"1", 5, {}, "audio.path or file holds int, expected text"),
        (b"1", b"pop.00000.wav", {}, "audio.path or file holds bytes, expected text"),
        (b"1", None, {"file": [5]}, "audio.path or file holds int, expected text"),
    ],
)
def test_columns_of_other_types_are_named(tmp_path, content, path, further, message):
    parquet.write_table(pyarrow.table({"audio": [{"bytes": content, "path": path}], **further}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=rf"a\.parquet: its column {message}"):
        read(tmp_path / "a.parquet")


def test_names_that_are_not_utf8_are_damage(tmp_path):
    path = pyarrow.array([b"pop.00000.wav\xff"], pyarrow.binary()).view(pyarrow.string())
    audio = pyarrow.StructArray.from_arrays([pyarrow.array([b"1"]), path], names=["bytes", "path"])
    parquet.write_table(pyarrow.table({"audio": audio}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as a \.parquet file \('utf-8' codec"):
        read(tmp_path / "a.parquet")


def test_audio_that_is_larger_than_any_clip_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_MEMBER_BYTES", 1 << 20)
    file = write_parquet(tmp_path / "a.parquet", {"pop.00000": bytes(1 << 21)})
    with pytest.raises(DataError, match=r"a\.parquet: the audio of pop\.00000\.wav takes 2 MB, expected .* 1 MB"):
        read(file)


def test_tables_without_audio_are_named_with_their_columns(tmp_path):
    parquet.write_table(pyarrow.table({"tempo": [1.0], "genre": ["pop"]}), tmp_path / "a.parquet")
    with pytest.raises(
        DataError, match=r"a\.parquet: has the columns tempo, genre; expected audio, with bytes and path"
    ):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize("share", [0, 0.5, 0.999])
def test_a_file_that_was_not_fully_downloaded_is_named(tmp_path, share):
    file = write_parquet(tmp_path / "a.parquet", CLIPS)
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as a \.parquet file \(.+\)\. It may be damaged"):
        read(file)


def test_a_damaged_page_is_named(tmp_path):
    file = write_parquet(tmp_path / "a.parquet", CLIPS)
    content = bytearray(file.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 400] = bytes([255]) * 400
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as a \.parquet file"):
        read(file)


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("common.core.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExtraError, match=r"a\.parquet: needs the extra `parquet`.*encore-mgc\[parquet\]"):
        read(tmp_path / "a.parquet")
    assert "pyarrow" not in vars(module)


def audio_table(count: int, content: bytes, path: str):
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    return pyarrow.table({"audio": pyarrow.array([{"bytes": content, "path": path}] * count, kind)})


def test_more_rows_than_the_bytes_can_hold_are_refused(tmp_path):
    file = tmp_path / "a.parquet"
    parquet.write_table(audio_table(30_000, b"1", "a.wav"), file)
    with pytest.raises(DataError, match=r"a\.parquet: declares 30,000 rows in [\d,]+ bytes, too few for audio"):
        read(file)


def test_audio_that_unpacks_to_far_more_than_audio_does_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SMALL_BYTES", 1 << 20)
    file = tmp_path / "a.parquet"
    parquet.write_table(audio_table(2, bytes(2 << 20), "a.wav"), file, use_dictionary=False, compression="gzip")
    with pytest.raises(DataError, match=r"a\.parquet: holds 0\.0 MB that unpack to 4 MB, which no file of audio does"):
        read(file)


def test_a_name_of_a_megabyte_is_refused_before_it_is_read_for_each_row(tmp_path):
    file = tmp_path / "a.parquet"
    places = pyarrow.array([0] * 600, pyarrow.int32())
    names = pyarrow.DictionaryArray.from_arrays(places, ["a" * (3 << 20)])
    audio = pyarrow.StructArray.from_arrays([pyarrow.array([b"1" * 100] * 600), names], ["bytes", "path"])
    parquet.write_table(pyarrow.table({"audio": audio}), file)
    assert file.stat().st_size < 1 << 20
    with pytest.raises(
        DataError, match=r"a\.parquet: its column audio\.path takes .* bytes for 600 rows, expected names"
    ):
        read(file)
