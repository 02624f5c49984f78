"""What a file is that does not decode, by its first bytes."""

# As many bytes of a file as are looked at.
START_BYTES = 512
_CONVERT = "which is not read: convert it to FLAC or WAV"
_STARTS = (
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself: get the file with git lfs pull"),
    (b"\x1a\x45\xdf\xa3", f"WebM or Matroska, {_CONVERT}"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", f"WMA, {_CONVERT}"),
    (b"MAC ", f"Monkey's Audio, {_CONVERT}"),
    (b"wvpk", f"WavPack, {_CONVERT}"),
    (b"MPCK", f"Musepack, {_CONVERT}"),
    (b"MP+", f"Musepack, {_CONVERT}"),
    (b"TTA1", f"True Audio, {_CONVERT}"),
    (b"DSD ", f"DSF, {_CONVERT}"),
    (b"FRM8", f"DSDIFF, {_CONVERT}"),
    (b"#!AMR", f"AMR, {_CONVERT}"),
    (b".RMF", f"RealMedia, {_CONVERT}"),
    (b"ADIF", f"AAC, {_CONVERT}"),
    (b"BW64", f"BW64, {_CONVERT}"),
    (b"MThd", "MIDI, which holds notes and no sound"),
    (b"\0\5\x16\7", "a companion file of macOS (AppleDouble), which holds no sound"),
    (b"PK\3\4", "a zip archive: unpack it"),
    (b"\x1f\x8b", "compressed with gzip: unpack it"),
    (b"BZh", "compressed with bzip2: unpack it"),
    (b"\xfd7zXZ\0", "compressed with xz: unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it"),
    (b"Rar!", "a RAR archive: unpack it"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)


def about_file(start: bytes) -> str:
    """What a file is, to follow `it is`; empty where that is not known, or where it is audio of a format that is read.

    Args:
        start: the file's first bytes, `START_BYTES` of them.
    """
    if not start:
        return "empty"
    for first, what in _STARTS:
        if start.startswith(first):
            return what
    if start[4:8] == b"ftyp":
        return f"M4A or MP4, {_CONVERT}"
    # The first 12 bits are those of MP3, too; its layer is not 0.
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xF6 == 0xF0:
        return f"AAC, {_CONVERT}"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "an HTML page, not the file that was to be downloaded"
    return ""
