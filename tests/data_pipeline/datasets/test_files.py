"""Files below a folder, through links."""

import os
from pathlib import Path

import pytest

from common.core.errors import DataError
from data_pipeline.datasets.files import files_below, require_reachable


def _put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def _names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files_below(folder).files]


def test_files_in_all_depths_are_found_in_sorted_order(tmp_path):
    for name in ("rock/b.wav", "blues/a/one.wav", "readme.txt"):
        _put(tmp_path / name)
    assert _names(tmp_path) == ["blues/a/one.wav", "readme.txt", "rock/b.wav"]


def test_hidden_files_and_folders_and_those_of_systems_are_left_out(tmp_path, capsys):
    for name in (
        "rock/a.wav",
        "rock/._a.wav",
        "rock/.ipynb_checkpoints/a.wav",
        "__MACOSX/rock/a.wav",
        "$RECYCLE.BIN/a.wav",
        "System Volume Information/a.wav",
        "#recycle/a.wav",
        "@Recycle/a.wav",
        "rock/@eaDir/a.wav/sound.wav",
    ):
        _put(tmp_path / name)
    assert _names(tmp_path) == ["rock/a.wav"]
    assert capsys.readouterr().err == ""


def test_files_that_are_only_in_icloud_are_named(tmp_path, capsys):
    for name in ("rock/a.wav", "rock/.c.wav.icloud", "rock/.b.wav.icloud"):
        _put(tmp_path / name)
    assert _names(tmp_path) == ["rock/a.wav"]
    shown = " ".join(capsys.readouterr().err.split())
    assert f"only in iCloud: 2 files, e.g. {tmp_path}/rock/b.wav. Download the folder in Finder first" in shown


@pytest.mark.skipif(os.name == "nt", reason="needs named pipes")
def test_pipes_and_devices_are_named_and_never_opened(tmp_path, capsys):
    _put(tmp_path / "rock/a.wav")
    os.mkfifo(tmp_path / "rock/b.wav")
    (tmp_path / "rock/c.wav").symlink_to(os.devnull)
    found = files_below(tmp_path)
    assert [path.name for path in found.files] == ["a.wav"]
    assert found.broken_links == ()
    shown = " ".join(capsys.readouterr().err.split())
    assert f"pipes, sockets or devices: 2 special files, e.g. {tmp_path}/rock/b.wav" in shown


def test_linked_folders_and_files_are_followed(tmp_path):
    _put(tmp_path / "elsewhere/jazz/one.wav")
    _put(tmp_path / "songs/rock/a.wav")
    (tmp_path / "songs/jazz").symlink_to(tmp_path / "elsewhere/jazz")
    (tmp_path / "songs/rock/b.wav").symlink_to(tmp_path / "elsewhere/jazz/one.wav")
    assert _names(tmp_path / "songs") == ["jazz/one.wav", "rock/a.wav", "rock/b.wav"]


def test_a_link_to_a_folder_above_it_ends(tmp_path, capsys):
    _put(tmp_path / "songs/rock/a.wav")
    _put(tmp_path / "songs/notes.txt")
    (tmp_path / "songs/rock/loop").symlink_to(tmp_path / "songs")
    (tmp_path / "songs/rock/self").symlink_to(tmp_path / "songs/rock")
    assert _names(tmp_path / "songs") == ["notes.txt", "rock/a.wav"]
    assert "same folder" not in capsys.readouterr().err


def test_folders_that_link_to_each_other_are_read_once(tmp_path):
    names = [f"genre{number}" for number in range(12)]
    for name in names:
        _put(tmp_path / name / f"{name}.wav")
        for other in names:
            (tmp_path / name / f"to_{other}").symlink_to(tmp_path / other)
    assert _names(tmp_path) == sorted(f"{name}/{name}.wav" for name in names)


def test_a_second_way_to_a_folder_is_named_and_the_folder_itself_counts(tmp_path, capsys):
    _put(tmp_path / "metal/a.wav")
    (tmp_path / "heavy").symlink_to(tmp_path / "metal")
    assert _names(tmp_path) == ["metal/a.wav"]
    shown = " ".join(capsys.readouterr().err.split())
    assert "heavy: the same folder as" in shown
    assert "its files are taken once" in shown


def test_links_to_nothing_are_listed(tmp_path):
    _put(tmp_path / "rock/a.wav")
    (tmp_path / "rock/b.wav").symlink_to(tmp_path / "gone.wav")
    found = files_below(tmp_path)
    assert [path.name for path in found.files] == ["a.wav"]
    assert [path.name for path in found.broken_links] == ["b.wav"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_folder_that_must_not_be_read_is_an_error(tmp_path):
    closed = tmp_path / "rock"
    _put(closed / "a.wav")
    closed.chmod(0)
    try:
        with pytest.raises(DataError, match=r"rock: the folder cannot be read"):
            files_below(tmp_path)
    finally:
        closed.chmod(0o755)


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    _put(tmp_path / "rock/a.wav")
    listed = os.scandir

    def scandir(path):
        if Path(path).name == "rock":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"rock: the folder cannot be read \(Permission denied\)"):
        files_below(tmp_path)


# A name that nobody can look up, not even the administrator, whom permissions do not bind.
UNREACHABLE = "x" * 300


def test_links_to_what_cannot_be_looked_up_are_an_error(tmp_path):
    (tmp_path / "a.wav").symlink_to(UNREACHABLE)
    with pytest.raises(DataError, match=r"a\.wav: the place that this link leads to cannot be read \(File name too"):
        files_below(tmp_path)


def test_paths_that_cannot_be_looked_up_are_an_error(tmp_path):
    with pytest.raises(DataError, match=r"--data .*x: cannot be read \(File name too long\)"):
        require_reachable(tmp_path / UNREACHABLE, flag="--data")
    _put(tmp_path / "a.wav")
    for name in ("a.wav", "gone", "a.wav/below"):
        require_reachable(tmp_path / name, flag="--data")
