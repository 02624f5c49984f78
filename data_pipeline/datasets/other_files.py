"""What a file is that was given instead of arrays, and how to make arrays of it, by its first bytes and its name."""

import codecs
from collections.abc import Sequence
from pathlib import PurePath

# As many bytes of a file as are looked at.
START_BYTES = 512
_SAVE = "np.savez(FILE, X=X, name=names, genre=genres)"
_AUDIO = "audio. Give a folder of audio with --dataset folder."
_PICTURE = "a picture. Its colours are not levels: save the spectrograms themselves as arrays."
_PICKLE = f"a pickle, which is never loaded, because it can run code. Load it yourself and save arrays with {_SAVE}."
_TORCH = (
    "a file of PyTorch (torch.save), which is a pickle and is never loaded. Load it yourself and save arrays with "
    "np.savez(FILE, X=X.numpy(), name=names, genre=genres)."
)
_TFRECORD = f"a TFRecord file. Read it with tf.data.TFRecordDataset and save arrays with {_SAVE}."
_TABLE = f"a table of text (CSV), not arrays. Read it, e.g. with pandas, and save arrays with {_SAVE}."
# First bytes -> what the file is, without `is`.
_STARTS = (
    (b"\x89HDF\r\n\x1a\n", f"an HDF5 file. Read it with h5py and save arrays with {_SAVE}."),
    (b"MATLAB 7.3 MAT-file", f"a MATLAB file of version 7.3. Read it with h5py and save arrays with {_SAVE}."),
    (b"MATLAB ", f"a MATLAB file. Read it with scipy.io.loadmat and save arrays with {_SAVE}."),
    (b"PAR1", f"a Parquet file. Read it, e.g. with pandas.read_parquet, and save arrays with {_SAVE}."),
    (b"ARROW1", f"an Arrow file. Read it, e.g. with pandas.read_feather, and save arrays with {_SAVE}."),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself. Get the file with git lfs pull."),
    (b"\x1f\x8b", "compressed with gzip. Unpack it and give what it holds."),
    (b"BZh", "compressed with bzip2. Unpack it and give what it holds."),
    (b"\xfd7zXZ\0", "compressed with xz. Unpack it and give what it holds."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive. Unpack it and give what it holds."),
    (b"Rar!", "a RAR archive. Unpack it and give what it holds."),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"RIFF", _AUDIO),
    (b"fLaC", _AUDIO),
    (b"OggS", _AUDIO),
    (b"ID3", _AUDIO),
    (b".snd", _AUDIO),
)
# PyTorch wrote pickles that begin with this number before it wrote zips.
_OLD_TORCH = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"
# Protocols 2 to 5; older ones have no mark of their own.
_PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
_BY_SUFFIX = {
    ".tfrecord": _TFRECORD,
    ".tfrecords": _TFRECORD,
    ".pt": _TORCH,
    ".pth": _TORCH,
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
    ".joblib": _PICKLE,
    ".mp3": _AUDIO,
    ".m4a": _AUDIO,
}


def about_file(name: str, start: bytes) -> str:
    """What a file is that is neither `.npy` nor a zip, and what to do, in sentences that begin with `is` or `not`.

    Args:
        name: of the file.
        start: its first bytes, `START_BYTES` of them.
    """
    for first, what in _STARTS:
        if start.startswith(first):
            return f"is {what}"
    if start.startswith(_PICKLE_STARTS):
        return f"is {_TORCH if _OLD_TORCH in start[:20] else _PICKLE}"
    if start[257:262] == b"ustar":
        return "is a tar archive. Unpack it and give what it holds."
    # Shards are named e.g. train.tfrecord-00000-of-00010.
    if ".tfrecord" in name.lower():
        return f"is {_TFRECORD}"
    if suffix := _BY_SUFFIX.get(PurePath(name).suffix.lower()):
        return f"is {suffix}"
    if text := _about_text(name, start):
        return f"is {text}"
    return f"not a readable .npz (it begins with {start[:8]!r}, an .npz with b'PK'). Save arrays with {_SAVE}."


def about_zip(name: str, members: Sequence[str]) -> str:
    """What a zip is that does not hold arrays directly, and what to do; empty for an `.npz`.

    Args:
        name: of the zip.
        members: paths in it, without what macOS adds.
    """
    files = [member for member in members if not member.endswith("/")]
    if not files or any(member.endswith(".npy") and "/" not in member for member in files):
        return ""
    if any(member.endswith("data.pkl") for member in files):
        return f"is {_TORCH}"
    if inner := [member for member in files if member.endswith(".npz")]:
        return f"is a zip that holds {_first(inner)}. Unpack it and give that file."
    if any(member.endswith(".npy") for member in files):
        return "is a zip of folders of .npy files. Unpack it and give the folder."
    if any("." in PurePath(member).name for member in files):
        return f"is a zip without arrays; it holds {_first(files)}. Save arrays with {_SAVE}."
    return ""  # archives that were not written by NumPy may hold arrays without the suffix


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return " ".join(", ".join(names[:3]).split()) + more  # a damaged name may hold line ends


def _about_text(name: str, start: bytes) -> str:
    """What a text file is; empty where it is no text."""
    try:
        # The last character may be cut.
        text = codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) < START_BYTES)
    except UnicodeDecodeError:
        return ""
    if any(character < " " and character not in "\t\n\r" for character in text):
        return ""
    begun = text.lstrip("\ufeff \t\r\n")
    if begun.lower().startswith(("<!doctype", "<html")):
        return "a web page, not the file that was to be downloaded from it. Download the file itself."
    if begun.startswith(("{", "[")):
        return f"JSON text, not arrays. Read it with json.load and save arrays with {_SAVE}."
    line = begun.splitlines()[0] if begun else ""
    if PurePath(name).suffix.lower() in (".csv", ".tsv") or line.count(",") or line.count("\t"):
        return _TABLE
    return f"text, not arrays. Save arrays with {_SAVE}."
