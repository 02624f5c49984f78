"""Folders as copies, clouds, network drives and downloads leave them: which files in them are taken."""

import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.audio import decode
from data_pipeline.audio.decode import read_audio
from data_pipeline.datasets.files import files_below
from tests.helpers.odd_audio import RATE, signal, written


@dataclass(frozen=True)
class Kind:
    """One kind of folder, which holds `rock/song.wav` and what `add` puts beside it.

    Args:
        name: as on the page.
        reported: where people report such folders.
        taken: files that are taken besides `rock/song.wav`.
        does: what the page says.
    """

    name: str
    reported: str
    add: Callable[[Path], None]
    taken: tuple[str, ...]
    does: str


def _sound() -> bytes:
    return written(signal(), RATE, format="WAV")


def _files(*names: str, content: bytes | None = None) -> Callable[[Path], None]:
    def add(folder: Path) -> None:
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_sound() if content is None else content)

    return add


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "rock/pipe.wav")


_COMPOSED, _DECOMPOSED = (unicodedata.normalize(form, "forró") for form in ("NFC", "NFD"))
_LONG = "x" * 251 + ".wav"
_DEEP = "rock/" + "/".join(["y" * 100] * 11)

KINDS = (
    Kind(
        "`.MP3` and `.Wav` in capitals",
        "huggingface/datasets#5608",
        _files("rock/A.WAV", "rock/b.Wav"),
        ("rock/A.WAV", "rock/b.Wav"),
        "taken",
    ),
    Kind(
        "companion files of macOS (`._song.wav`, `__MACOSX`)",
        "birdnet-team/BirdNET-Analyzer#136, quodlibet/quodlibet#1021, seth814/Audio-Classification#17",
        _files("rock/._song.wav", "rock/.DS_Store", "__MACOSX/rock/._song.wav", content=b"\0\5\x16\7"),
        (),
        "left out",
    ),
    Kind(
        "songs that are only in iCloud (`.song.wav.icloud`)",
        "ryanbr/noop#293, cryptomator/cloud-access-swift#19",
        _files("rock/.a.wav.icloud", content=b"bplist00"),
        (),
        "left out, with a warning",
    ),
    Kind(
        "deleted songs of Windows, Synology and QNAP",
        "navidrome/navidrome#1467, DroppedNeedle/DroppedNeedle#465, nc-music/oc-music#976",
        _files("$RECYCLE.BIN/a.wav", "#recycle/rock/b.wav", "@Recycle/c.wav", ".recycle/d.wav", ".Trash-1000/e.wav"),
        (),
        "left out",
    ),
    Kind(
        "indexes of Windows and Synology",
        "LMS-Community/slimserver#144",
        _files("System Volume Information/a.wav", "rock/@eaDir/song.wav/SYNOAUDIO_01APIC_03.jpg"),
        (),
        "left out",
    ),
    Kind(
        "a pipe among the songs",
        "MemPalace/mempalace#2221, kpcyrd/libredefender#8",
        _pipe,
        (),
        "left out, with a warning; never opened",
    ),
    Kind(
        "a folder named like a song",
        "andresch/trackfs#19",
        _files("rock/Best.Of.1971.Flac/a.wav"),
        ("rock/Best.Of.1971.Flac/a.wav",),
        "the songs in it are taken",
    ),
    Kind(
        "a genre whose name ends in a dot or a space",
        "jellyfin/jellyfin#3952, haiwen/seadrive-gui#133",
        _files("M.O.R./a.wav", "folk /b.wav"),
        ("M.O.R./a.wav", "folk /b.wav"),
        "taken, as genres of their own",
    ),
    Kind(
        "a genre in two spellings of Unicode (from a Mac and from elsewhere)",
        "quodlibet/quodlibet#1218, clementine-player/Clementine#5151",
        _files(f"{_COMPOSED}/a.wav", f"{_DECOMPOSED}/b.wav"),
        (f"{_COMPOSED}/a.wav", f"{_DECOMPOSED}/b.wav"),
        "taken; both spellings are genres of their own",
    ),
    Kind(
        "names in small and capital letters that are the same word",
        "fossfreedom/coverart-browser#132",
        _files("Rock/a.wav"),
        ("Rock/a.wav",),
        "taken; both are genres of their own",
    ),
    Kind(
        "a name of 255 bytes",
        "FThompson/BBCSoundDownloader#9, haoheliu/AudioLDM2#38",
        _files(f"rock/{_LONG}"),
        (f"rock/{_LONG}",),
        "taken",
    ),
    Kind(
        "unfinished downloads (`.part`, `.crdownload`, `.!ut`)",
        "henkelis/sonospy#8, Tenpi/soundcloud-download#8",
        _files("rock/a.wav.part", "rock/b.mp3.crdownload", "rock/c.mp3.!ut"),
        ("rock/a.wav.part", "rock/b.mp3.crdownload", "rock/c.mp3.!ut"),
        "listed as files that are no clips",
    ),
)


@pytest.mark.skipif(os.name == "nt", reason="needs pipes and names that Windows does not take")
@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
def test_the_songs_of_a_folder_are_found(kind, tmp_path):
    _files("rock/song.wav")(tmp_path)
    kind.add(tmp_path)
    found = files_below(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found.files] == sorted((*kind.taken, "rock/song.wav"))
    assert found.broken_links == ()


@pytest.mark.skipif(os.name == "nt", reason="needs names that Windows does not take")
@pytest.mark.parametrize(
    "name",
    [
        "song \U0001f3b8.wav",
        "--help.wav",
        "a\nb\t.wav",
        "\u202egnp.wav",
        "re\u0301.wav",
        "b\udcf3.wav",
        _LONG,
        f"{_DEEP}/a.wav",
    ],
    ids=["emoji", "option", "line end", "right to left", "decomposed", "Latin-1", "255 bytes", "1,100 bytes"],
)
def test_a_file_of_any_name_is_read(name, tmp_path):
    _files(name)(tmp_path)
    (path,) = files_below(tmp_path).files
    np.testing.assert_allclose(read_audio(path), signal(), atol=1e-4)


def test_a_file_that_became_a_folder_is_refused(tmp_path):
    (tmp_path / "a.wav").mkdir()
    with pytest.raises(DataError, match=r"a\.wav: "):
        read_audio(tmp_path / "a.wav")


def test_the_page_lists_every_kind_of_folder():
    page = (Path(decode.__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = [f"| {kind.name} | {kind.reported} | {kind.does} |" for kind in KINDS]
    assert [row for row in rows if row not in page.splitlines()] == []
