"""What was given instead of arrays is named for what it is."""

import gzip
import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.datasets import arrays
from tests.helpers.arrays import content


def zip_of(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return file.getvalue()


def tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("X.npy"))
    return file.getvalue()


OTHERS = {
    "x.h5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is an HDF5 file. Read it with h5py"),
    "h5.npz": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is an HDF5 file. Read it with h5py"),
    "x.mat": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(128), "is a MATLAB file. Read it with scipy.io.loadmat"),
    "7.mat": (b"MATLAB 7.3 MAT-file".ljust(512), "is a MATLAB file of version 7.3. Read it with h5py"),
    "x.parquet": (b"PAR1" + bytes(100), "is a Parquet file. Read it, e.g. with pandas.read_parquet"),
    "x.csv": (b"filename,tempo,label\nblues.00000.wav,123.0,blues\n", "is a table of text (CSV), not arrays"),
    "one.csv": (b"label\nblues\n", "is a table of text (CSV), not arrays"),
    "tabs.txt": (b"a\tb\n1\t2\n", "is a table of text (CSV), not arrays"),
    "umlauts.txt": (("x" * 511 + "ä").encode()[:512], "is text, not arrays"),
    "data.json": (b'{"mapping": ["blues"], "mfcc": [[1, 2]]}', "is JSON text, not arrays. Read it with json.load"),
    "page.npz": (b"<!DOCTYPE html><html>", "is a web page, not the file that was to be downloaded"),
    "lfs.npz": (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS, not the file itself"),
    "x.pkl": (pickle.dumps(np.ones(3)), "is a pickle, which is never loaded"),
    "old.pkl": (b"cnumpy.core.multiarray\n\x81", "is a pickle, which is never loaded"),
    "old.pt": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M", "is a file of PyTorch (torch.save)"),
    "x.pt": (zip_of("archive/data.pkl", "archive/version"), "is a file of PyTorch (torch.save)"),
    "train.tfrecord-00000-of-00010": (b"\x10\0\0\0\0\0\0\0\x99\x88", "is a TFRecord file. Read it with tf.data"),
    "x.npz.gz": (gzip.compress(b"content"), "is compressed with gzip. Unpack it"),
    "x.tar": (tar(), "is a tar archive. Unpack it"),
    "x.wav": (b"RIFF\0\0\0\0WAVE", "is audio. Give a folder of audio with --dataset folder"),
    "x.mp3": (b"\xff\xfb\x90\x44\0\0", "is audio. Give a folder of audio with --dataset folder"),
    "x.png": (b"\x89PNG\r\n\x1a\n", "is a picture. Its colours are not levels"),
    "x.bin": (b"\x01\x02\x03\xfe\xff", "not a readable .npz (it begins with b'\\x01\\x02\\x03\\xfe\\xff', an .npz"),
    "mine.zip": (zip_of("mine.npz", "__MACOSX/._mine.npz"), "is a zip that holds mine.npz. Unpack it and give that"),
    "npy.zip": (zip_of("mine/X.npy", "mine/name.npy"), "is a zip of folders of .npy files. Unpack it and give"),
    "wav.zip": (zip_of("a/1.wav", "a/2.wav", "b/", "b/3.wav", "b/4.wav"), "a/1.wav, a/2.wav, b/3.wav and 1 more"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_file_is_named_for_what_it_is(tmp_path, name):
    file_content, said = OTHERS[name]
    path = tmp_path / name
    path.write_bytes(file_content)
    with pytest.raises(DataError) as caught:
        arrays.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert said in message
    assert "\n" not in message


def test_what_macos_adds_to_an_archive_is_not_read(tmp_path):
    np.savez(tmp_path / "plain.npz", **content(name=None))
    with zipfile.ZipFile(tmp_path / "plain.npz", "a") as archive:
        archive.writestr("__MACOSX/._X.npy", b"what macOS adds")
    # Another array could hold the names, which are missing.
    assert len(arrays.load(tmp_path / "plain.npz")[0].tracks) == 4
