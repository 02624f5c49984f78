"""What comes packed is unpacked once: completely or not at all, and found again."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest

from common.core.errors import DataError
from common.core.files import sha256_of_file, sha256_of_json
from common.core.locks import lock
from data_pipeline.datasets import unpacked as module
from data_pipeline.datasets.unpacked import unpacked
from tests.helpers.other_user import as_other_user, shared_folder


class Members:
    """Three members, of which two are wanted."""

    paths = (PurePosixPath("x/a.wav"), PurePosixPath("x/b.wav"), PurePosixPath("x/\udce9.txt"))
    contents_of = (b"first" * 1000, b"second", b"other")

    def __init__(self, failure: BaseException | None = None):
        self.failure = failure
        self.opened = 0

    @contextmanager
    def open(self):
        self.opened += 1
        yield self

    def total_bytes(self, places) -> int:
        return sum(len(self.contents_of[place]) for place in places)

    def contents(self, places):
        for place in sorted(places):
            if place == 1 and self.failure is not None:
                raise self.failure
            yield place, iter([self.contents_of[place][:3], self.contents_of[place][3:]])


@pytest.fixture
def packed(tmp_path) -> Path:
    file = tmp_path / "given" / "genres.tar.gz"
    file.parent.mkdir()
    file.write_bytes(b"packed")
    os.utime(file, ns=(1_500_000_000_123_456_789,) * 2)
    return file


def unpack(packed: Path, members: Members) -> module.Unpacked:
    return unpacked(
        [packed],
        packed.parents[1] / "cache",
        dataset="gtzan",
        opened=members.open,
        choose=lambda found: {0: "genres/a.wav", 1: "genres/deeper/b.wav"},
    )


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def visible(cache: Path) -> list[str]:
    return [path.name for path in (cache / "unpacked").iterdir() if not path.name.endswith(".lock")]


def test_what_was_chosen_is_written_and_what_was_not_is_listed(packed):
    made = unpack(packed, Members())
    files = files_below(made.folder)
    assert files.pop("unpacked.json")
    assert files == {"genres/a.wav": b"first" * 1000, "genres/deeper/b.wav": b"second"}
    assert made.left_out == ("x/\\udce9.txt",)
    assert made.folder.parent == packed.parents[1] / "cache" / "unpacked"
    assert visible(packed.parents[1] / "cache") == [made.folder.name]


def test_it_is_unpacked_once_wherever_the_packed_file_lies(packed, tmp_path):
    members = Members()
    first = unpack(packed, members)
    packed = packed.rename(packed.parent / "moved").rename(tmp_path / "genres.tar.gz")
    (tmp_path / "elsewhere").mkdir()
    packed = packed.rename(tmp_path / "elsewhere" / "genres.tar.gz")
    assert unpack(packed, members) == first
    assert members.opened == 1


def test_files_have_the_time_of_the_packed_file(packed):
    made = unpack(packed, Members())
    times = {path.stat().st_mtime_ns for path in (made.folder / "genres").rglob("*.wav")}
    assert times == {packed.stat().st_mtime_ns}


def test_a_packed_file_that_was_replaced_is_unpacked_anew(packed):
    members = Members()
    first = unpack(packed, members)
    os.utime(packed, ns=(1_600_000_000_000_000_000,) * 2)
    second = unpack(packed, members)
    packed.write_bytes(b"larger than before")
    os.utime(packed, ns=(1_600_000_000_000_000_000,) * 2)
    assert len({first.folder, second.folder, unpack(packed, members).folder}) == 3
    assert members.opened == 3


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"firs")])
def test_what_lost_a_file_is_unpacked_again(packed, damage):
    members = Members()
    made = unpack(packed, members)
    damage(made.folder / "genres" / "a.wav")
    assert unpack(packed, members) == made
    assert (made.folder / "genres" / "a.wav").read_bytes() == b"first" * 1000
    assert members.opened == 2


@pytest.mark.parametrize("failure", [DataError("damaged"), KeyboardInterrupt()])
def test_nothing_is_left_of_what_could_not_be_unpacked(packed, failure):
    with pytest.raises(type(failure)):
        unpack(packed, Members(failure))
    assert visible(packed.parents[1] / "cache") == []
    assert unpack(packed, Members()).folder.is_dir()


def test_a_full_disk_is_reported_with_the_way_out(packed):
    with pytest.raises(DataError, match=r"unpacked: genres\.tar\.gz cannot be unpacked there \(No space left.*--cache"):
        unpack(packed, Members(OSError(28, "No space left on device")))
    assert visible(packed.parents[1] / "cache") == []


def test_free_space_is_checked_before_anything_is_written(packed, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 5005}))
    with pytest.raises(DataError, match=r"has 0 MB of free space, but .*genres\.tar\.gz unpacks to 0 MB.*--cache"):
        unpack(packed, Members())
    assert visible(packed.parents[1] / "cache") == []
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 5006}))
    assert unpack(packed, Members()).folder.is_dir()


_KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.data_pipeline.datasets.test_unpacked import Members, unpack
class Slow(Members):
    def contents(self, places):
        yield 0, iter([b"fi"])
        print("half", flush=True)
        time.sleep(60)
unpack(Path({packed!r}), Slow())
"""


def test_what_a_killed_process_left_is_replaced(packed):
    code = _KILLED.format(tests=str(Path(__file__).parents[3]), packed=str(packed))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "half\n"
        finally:
            process.send_signal(signal.SIGKILL)
    cache = packed.parents[1] / "cache"
    (left,) = visible(cache)
    assert left.startswith(".")
    made = unpack(packed, Members())
    assert (made.folder / "genres" / "a.wav").read_bytes() == b"first" * 1000
    assert visible(cache) == [made.folder.name]


def edit_list(folder: Path, change) -> None:
    path = folder / module.LIST_NAME
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def test_a_list_of_an_earlier_version_is_used(packed):
    folder = unpack(packed, Members()).folder
    edit_list(folder, lambda values: [values.pop(name) for name in ("sha256", "sha256_of_files")])
    members = Members()
    assert unpack(packed, members).folder == folder
    assert members.opened == 0
    assert not module.read_list(folder).has_digest


def test_the_list_names_the_sha256_of_every_file(packed):
    folder = unpack(packed, Members()).folder
    listed = module.read_list(folder)
    assert listed.has_digest
    assert listed.digests == {name: sha256_of_file(folder / name) for name in ("genres/a.wav", "genres/deeper/b.wav")}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values["left_out"].clear(), "was edited"),
        (lambda values: values["files"].update({"genres/a.wav": 6}), "was edited"),
        (lambda values: values.pop("sha256"), "is not a list of unpacked files"),
        (lambda values: values.update(files=[], sha256=sha256_of_json({})), "was edited"),
        (lambda values: (values.clear(), values.update({"from": [], "files": [], "left_out": []})), "is not a list"),
    ],
)
def test_an_edited_list_is_refused(packed, change, said):
    folder = unpack(packed, Members()).folder
    edit_list(folder, change)
    with pytest.raises(DataError, match=rf"unpacked\.json: {said}.*Delete the folder {folder} to unpack it again\."):
        unpack(packed, Members())


def test_what_was_left_of_another_file_is_removed_unless_it_is_being_written(packed):
    place = packed.parents[1] / "cache" / "unpacked"
    for name in ("fma-0123", "gtzan-4567"):
        (place / f".{name}.part" / "genres").mkdir(parents=True)
        (place / f".{name}.part" / "genres" / "a.wav").write_bytes(b"half")
    with lock(place / ".fma-0123.lock", flag="--cache"):
        made = unpack(packed, Members())
    assert sorted(visible(packed.parents[1] / "cache")) == [".fma-0123.part", made.folder.name]


def test_what_another_user_unpacked_is_used_where_it_can_only_be_read():
    with shared_folder(0o755) as folder:
        file = folder / "given" / "genres.tar.gz"
        file.parent.mkdir()
        file.write_bytes(b"packed")
        made = unpack(file, Members())
        (folder / "cache" / "unpacked").chmod(0o555)
        imports = "from tests.data_pipeline.datasets.test_unpacked import Members, unpack"
        code = "print(unpack(folder / 'given' / 'genres.tar.gz', Members()).folder)"
        assert as_other_user(code, folder, imports=imports) == str(made.folder)
