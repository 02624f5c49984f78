"""FMA: the official layout and table, bad clips named in errors, and MP3 files decoded."""

import numpy as np
import pytest
import soundfile

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.console import collected
from common.core.errors import DataError, SpecError
from common.core.tf_logging import quiet_start
from data_pipeline.audio.decode import read_audio
from data_pipeline.datasets import fma, registry
from data_pipeline.datasets.request import DataRequest
from tests.helpers.fma import RATE, write_mp3, write_table

with quiet_start():
    from reproductions.se_cnn.paper import PAPER

pytestmark = pytest.mark.usefixtures("kept_models")

# Forty clips, five of each genre.
PRESENT = [f"{number:06d}" for number in range(2, 42)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Forty clips of FMA-small, every other one stereo."""
    place = tmp_path_factory.mktemp("fma")
    write_table(place)
    for number, clip in enumerate(PRESENT):
        write_mp3(place, clip, channels=1 + number % 2)
    return place


def test_the_official_layout(folder):
    catalog = fma.load(folder, "fma_small")
    assert [track.id for track in catalog.tracks] == PRESENT
    assert catalog.genres == fma.SMALL_GENRES
    assert catalog.expected == 8000
    assert catalog.most_seconds == 300
    assert len(catalog.missing) == 8000 - 40 - 6  # the six that are known to be bad are not expected either
    assert not catalog.bad
    assert not catalog.extra
    first = catalog.tracks[0]
    assert (first.id, first.label, first.artist) == ("000002", "Electronic", "100")
    assert first.path == folder / "fma_small" / "000" / "000002.mp3"
    official = catalog.splits["official"]
    assert len(official) == 8000
    assert [official[clip] for clip in PRESENT[:10]] == ["train"] * 8 + ["valid", "test"]


def test_the_audio_folder_itself_may_be_given(folder):
    assert fma.load(folder / "fma_small", "fma_small").tracks == fma.load(folder, "fma_small").tracks
    catalog, feature = registry.load(DataRequest("fma_small", folder, folder))
    assert feature is None
    assert catalog.title == "FMA-small"


def test_mp3_is_decoded_mono_and_stereo(folder):
    for clip in PRESENT[:2]:
        path = folder / "fma_small" / "000" / f"{clip}.mp3"
        both, rate = soundfile.read(path, always_2d=True, dtype="float32")
        assert rate == RATE
        np.testing.assert_allclose(read_audio(path), both.mean(axis=1), atol=1e-6)
        assert read_audio(path, mono=False).shape == both.shape
        assert abs(len(read_audio(path, sample_rate=22050)) - len(both) / 2) <= 1


def test_clips_known_to_be_broken_are_skipped_only_where_they_are_broken(tmp_path):
    write_table(tmp_path)
    write_mp3(tmp_path, "000002")
    write_mp3(tmp_path, "098565", seconds=1.6)
    write_mp3(tmp_path, "098567")  # whole in this copy
    (tmp_path / "fma_small" / "099").mkdir()
    (tmp_path / "fma_small" / "099" / "099134.mp3").touch()
    catalog = fma.load(tmp_path, "fma_small")
    assert [track.id for track in catalog.tracks] == ["000002", "098567"]
    assert [bad.id for bad in catalog.known_bad] == ["099134", "098565"]
    assert "lasts 1.6 s of 30" in catalog.known_bad[1].reason
    assert not {"099134", "108925", "098565"} & set(catalog.missing)
    assert "098569" not in catalog.missing


@pytest.fixture
def run(tmp_path, capsys):
    def command(place, *arguments: str) -> tuple[int, str]:
        fixed = ["--dataset", "fma_small", "--data", str(place), "--features", "small", "--scale", "smoke"]
        where = ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out"), "--table", "5.1", "--row", "0"]
        code = run_app(make_app(PAPER), [*fixed, *where, *arguments])
        return code, capsys.readouterr().err

    return command


def test_every_fault_is_named_and_the_rest_is_used(tmp_path, run):
    """An empty MP3, one of 2 s, a missing clip and one without genre."""
    place = tmp_path / "fma"
    write_table(place, changes={"000005": {"genre": ""}})
    for clip in [*PRESENT, "000042", "000043"]:
        write_mp3(place, clip)
    (place / "fma_small" / "000" / "000003.mp3").write_bytes(b"")
    write_mp3(place, "000004", seconds=2.0)
    (place / "fma_small" / "000" / "000006.mp3").unlink()

    code, stderr = run(place)
    assert code == 2
    assert "000005.mp3: " in stderr
    assert "gives no top genre for clip 000005" in stderr
    assert "--skip-bad" in stderr
    code, stderr = run(place, "--skip-bad")
    assert code == 2
    assert "first missing: 000006" in stderr
    assert "--allow-incomplete" in stderr
    (place / "fma_small" / "000" / "000005.mp3").unlink()
    code, stderr = run(place, "--allow-incomplete")
    assert code == 2
    assert "000003.mp3: does not decode" in stderr
    write_mp3(place, "000005")

    code, stderr = run(place, "--skip-bad", "--allow-incomplete", "--epochs", "1")
    assert code == 0, stderr
    (table,) = (tmp_path / "out").glob("se_cnn/fma_small/table_5.1*.md")
    text = table.read_text(encoding="utf-8")
    assert "Skipped: 3 unusable clips: 000005, 000003, 000004" in text
    assert "OTHER DATA" in text
    assert "INCOMPLETE" in text


def test_a_clip_shorter_than_a_window_is_refused(tmp_path, run):
    place = tmp_path / "fma"
    write_table(place)
    for clip in PRESENT:
        write_mp3(place, clip, seconds=2.0 if clip == "000004" else 6.0)
    code, stderr = run(place, "--allow-incomplete")
    assert code == 2
    assert "1 of 40 clips are shorter than one window of 3 s" in stderr
    assert "000004" in stderr


def test_the_official_split(folder, run, tmp_path):
    code, stderr = run(folder, "--allow-incomplete", "--split", "official", "--epochs", "1")
    assert code == 0, stderr
    (table,) = (tmp_path / "out").glob("se_cnn/fma_small/table_5.1_official*.md")
    text = table.read_text(encoding="utf-8")
    assert "Protocol: official, by clip; train 32 clips" in text
    assert "validation 4 clips" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rows": 7999}, "lists 7,999 clips of FMA-small"),
        ({"changes": {"000002": {"split": "test"}}}, "6399/800/801"),
        ({"headers": False}, "not the official tracks.csv"),
        ({"changes": {"000002": {"split": "nowhere"}}}, "not the official tracks.csv of FMA"),
    ],
)
def test_a_table_that_is_not_the_official_one_is_refused(tmp_path, arguments, words):
    write_table(tmp_path, **arguments)
    write_mp3(tmp_path, "000002")
    with pytest.raises(DataError, match=words):
        fma.load(tmp_path, "fma_small")


def test_genres_that_are_not_those_of_fma_are_refused(tmp_path):
    write_table(tmp_path, changes={"000002": {"genre": "rock "}})
    write_mp3(tmp_path, "000002")
    with pytest.raises(DataError, match=r"names the top genres .*rock ; expected 8 of: Blues"):
        fma.load(tmp_path, "fma_small")


def test_a_folder_with_only_broken_clips_is_refused(tmp_path):
    write_table(tmp_path, changes={"000002": {"genre": ""}})
    write_mp3(tmp_path, "000002")
    write_mp3(tmp_path, "098565", seconds=1.6)
    with pytest.raises(DataError, match=r"no usable clip of FMA-small in it: .*lasts 1\.6 s of 30"):
        fma.load(tmp_path, "fma_small")


def test_other_ways_of_unpacking(folder, tmp_path, monkeypatch):
    expected = fma.load(folder, "fma_small").tracks
    monkeypatch.chdir(folder / "fma_small")
    assert fma.load(".", "fma_small").tracks == expected
    write_table(tmp_path / "fma_metadata")
    write_mp3(tmp_path, "000002")
    write_mp3(tmp_path / "fma_small" / "again", "000002")
    catalog = fma.load(tmp_path, "fma_small")
    assert [track.id for track in catalog.tracks] == ["000002"]
    assert len(catalog.extra) == 1


def test_folders_without_fma_are_refused(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        fma.load(tmp_path / "absent", "fma_small")
    with pytest.raises(DataError, match=r"lacks fma_metadata/tracks\.csv"):
        fma.load(tmp_path, "fma_small")
    write_table(tmp_path)
    with pytest.raises(DataError, match="no clip of FMA-small in it"):
        fma.load(tmp_path, "fma_small")
    with pytest.raises(SpecError, match=r"--dataset fma_large needs --data: .* fma_metadata/ .* encore data fma_large"):
        registry.load(DataRequest("fma_large", None, tmp_path))


def test_clips_of_the_large_archive_without_top_genre_are_not_used_and_are_counted(tmp_path, monkeypatch):
    members = frozenset({"small", "medium", "large"})
    monkeypatch.setitem(fma.SUBSETS, "fma_large", fma.Subset("FMA-large", members, 8001, 7999, 9, None))
    write_table(tmp_path, changes={"000003": {"genre": ""}, "000004": {"genre": ""}})
    for clip in PRESENT[:4]:
        write_mp3(tmp_path, clip)
    (tmp_path / "fma_small").rename(tmp_path / "fma_large")
    catalog = fma.load(tmp_path, "fma_large")
    assert [track.id for track in catalog.tracks] == ["000002", "000005"]
    assert "2 clips without a top genre are not used" in catalog.caption
    assert not catalog.bad
    assert catalog.expected == 7999
    assert "Jazz" in catalog.genres


def test_links_that_lead_nowhere_are_named(tmp_path):
    write_table(tmp_path)
    write_mp3(tmp_path, PRESENT[0])
    (tmp_path / "fma_small" / "000" / "000003.mp3").symlink_to(tmp_path / "nowhere")
    with collected() as lines:
        catalog = fma.load(tmp_path, "fma_small")
    assert lines == [f"warning: {tmp_path / 'fma_small'}: 1 link leads to no file: 000/000003.mp3"]
    assert "000003" in catalog.missing
