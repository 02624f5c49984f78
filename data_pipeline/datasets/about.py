"""What a user needs to know of each data set before it is on disk: where to get it, licence, citation, known faults.

Messages, `encore data` and the README of this folder take these facts from here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from common.core.errors import SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.core.words import stored_name

# What names of mirdata's data sets begin with on the command line, and as keys: folders are named after keys, and not
# every system allows a colon there.
MIRDATA_PREFIX, MIRDATA_KEY = "mirdata:", "mirdata_"
# Value of `--dataset` for a user's own folder; keys of such data sets are this, an underscore and the folder's name.
OWN_FOLDER_VALUE = "folder"
_LONGEST_NAME = 60
# Those whose tracks have a genre, and audio that mirdata says where to get.
MIRDATA_WITH_GENRES = (
    "ballroom",
    "beatport_key",
    "giantsteps_key",
    "giantsteps_tempo",
    "gtzan_genre",
    "irmas",
    "medleydb_melody",
    "medleydb_pitch",
    "openmic2018",
    "salami",
)


@dataclass(frozen=True)
class Source:
    """A place that offers a data set.

    Args:
        site: where it is, and under which name.
        address: without `https://`.
        layout: which files come from there and which folder to give to `--data`.
        sha1: name of an archive -> SHA-1 that its authors publish.
    """

    site: str
    address: str
    layout: str
    sha1: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class KnownFault:
    """Something wrong with a data set, and who says so."""

    text: str
    source: str


@dataclass(frozen=True)
class About:
    """Facts about one data set.

    Args:
        key: name in `--dataset`.
        title: name in tables.
        summary: what it is, in one short line.
        size: space that it takes.
        takes: what to give with `--data`; empty where nothing is given.
        sources: where to get it; empty where it is not offered anywhere.
        licence: what its authors state.
        citation: of the paper to cite; empty where there is none.
        faults: known ones.
        note: a further remark for the page on the data set.
        value: what to give with `--dataset`; empty for the key.
        check: command that checks a copy, where `encore data` does not.
    """

    key: str
    title: str
    summary: str
    size: str
    takes: str
    sources: tuple[Source, ...]
    licence: str
    citation: str
    faults: tuple[KnownFault, ...] = ()
    note: str = ""
    value: str = ""
    check: str = ""

    @property
    def where(self) -> str:
        """Where it is said how to get it, and what to give, as the end of an error message, without a full stop."""
        give = f"Give {self.takes} with --data"
        return f"{self.title} is not part of Encore. {give}. Where to get it: encore data {self.key}"


_FMA_LICENCE = (
    "metadata: CC BY 4.0; the authors' code: MIT; each recording: the Creative Commons licence that its artist chose, "
    "named in tracks.csv"
)
_FMA_CITATION = 'M. Defferrard, K. Benzi, P. Vandergheynst, X. Bresson, "FMA: A Dataset For Music Analysis", ISMIR 2017'
_FMA_METADATA = ("fma_metadata.zip", "f0df49ffe5f2a6008d7dc83c6915b31835dfe733")
_FMA_LENGTHS = "github.com/mdeff/fma/issues/8"

_GTZAN = About(
    key="gtzan",
    title="GTZAN",
    summary="1,000 clips of 30 s, ten genres of 100 clips; WAV, 22,050 Hz, mono",
    size="about 1.2 GB",
    takes="the downloaded archive, or the folder that holds genres/ or genres_original/",
    sources=(
        Source(
            "Kaggle, 'GTZAN Dataset - Music Genre Classification'",
            "kaggle.com/datasets/andradaolteanu/gtzan-dataset-music-genre-classification",
            "holds Data/genres_original/<genre>/<genre>.00000.wav beside pictures (images_original/) and .csv files, "
            "which are not used; give the downloaded archive.zip, or the folder Data",
        ),
        Source(
            "Hugging Face, 'marsyas/gtzan'",
            "huggingface.co/datasets/marsyas/gtzan",
            "holds data/genres.tar.gz, or .parquet files in its branch refs/convert/parquet; give the archive, or the "
            "folder that holds either. For .parquet files, install the extra parquet",
        ),
    ),
    licence="none was ever stated; the recordings belong to their owners",
    citation=(
        'G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", IEEE Transactions on Speech and '
        "Audio Processing 10(5), 2002"
    ),
    faults=(
        KnownFault(
            "jazz.00054 cannot be decoded in the copy that most sites offer; it is then left out without a flag",
            "SHA-256 of each clip, in Encore's list",
        ),
        KnownFault("14 pairs of clips have the same bytes", "SHA-256 of each clip, in Encore's list"),
        KnownFault(
            "7.2 % of the clips share their recording with another clip, 10.6 % have a wrong label, and one is badly "
            "distorted",
            'B. L. Sturm, "An Analysis of the GTZAN Music Genre Dataset"',
        ),
        KnownFault(
            "most artists have several clips, which a random split puts into training and test: use --split artist "
            "or fault_filtered. The artist of 81 clips is unknown",
            "artist of each clip, in Encore's list",
        ),
    ),
    note=(
        "The address from which TensorFlow Datasets and torchaudio download it (opihi.cs.uvic.ca) has been dead since "
        "2022 (github.com/tensorflow/datasets/issues/4090). A copy that they downloaded before holds genres/ and can "
        "be used. Clips are known by their names, in any folder: upper case, blues_00000, hip-hop and a suffix that is "
        "there twice are accepted, and MP3 or OGG copies are used and named in every table. Archives and .parquet "
        "files are unpacked once, below the folder of --cache."
    ),
)
_FMA_SMALL = About(
    key="fma_small",
    title="FMA-small",
    summary="8,000 clips of 30 s, eight genres of 1,000 clips; MP3",
    size="7.2 GiB, and 342 MiB of metadata",
    takes="the folder that holds fma_small/ and fma_metadata/",
    sources=(
        Source(
            "its authors' page, which links fma_small.zip and fma_metadata.zip",
            "github.com/mdeff/fma",
            "unpack to fma_small/000/000002.mp3 and fma_metadata/tracks.csv; unpack both in one folder and give that",
            sha1=(("fma_small.zip", "ade154f733639d52e35e32f5593efe5be76c6d70"), _FMA_METADATA),
        ),
    ),
    licence=_FMA_LICENCE,
    citation=_FMA_CITATION,
    faults=(
        KnownFault(
            "six clips are skipped by name: 099134, 108925 and 133297 hold no audio, 098565, 098567 and 098569 last "
            "under two seconds",
            f"{_FMA_LENGTHS}, github.com/mdeff/fma/issues/44",
        ),
    ),
)
_FMA_LARGE = About(
    key="fma_large",
    title="FMA-large",
    summary="106,574 clips of 30 s, of which 49,598 have one of 16 genres; MP3",
    size="93 GiB, and 342 MiB of metadata",
    takes="the folder that holds fma_large/ and fma_metadata/",
    sources=(
        Source(
            "its authors' page, which links fma_large.zip and fma_metadata.zip",
            "github.com/mdeff/fma",
            "unpack to fma_large/000/000002.mp3 and fma_metadata/tracks.csv; unpack both in one folder and give that",
            sha1=(("fma_large.zip", "497109f4dd721066b5ce5e5f250ec604dc78939e"), _FMA_METADATA),
        ),
    ),
    licence=_FMA_LICENCE,
    citation=_FMA_CITATION,
    faults=(
        KnownFault("56,976 clips have no top genre and are not used", "tracks.csv"),
        KnownFault(
            "clips whose length in the metadata is wrong were cut too short or hold no audio; the six of FMA-small "
            "are skipped by name, others need --skip-bad where they do not decode",
            _FMA_LENGTHS,
        ),
    ),
)
_ARRAYS = About(
    key="arrays",
    title="Arrays",
    summary="your own spectrograms or features, without audio",
    size="yours",
    takes="an .npz file with X (clips, bins, columns), name and genre, or a folder of .npy files",
    sources=(),
    licence="what the file's author states",
    citation="",
    note=(
        "X is uint8 (read as 0 to 1), int16 (-1 to 1) or float; name and genre are text, one for each clip. Genres may "
        "also be labels (0, 1, ...; one-hot, too): name them with --genre-names blues,jazz. Without name, clips are "
        "numbered. A folder holds X.npy, name.npy and genre.npy, or one array (bins, columns) for each clip, as "
        "<genre>/<clip>.npy, where clips may have different numbers of columns. The time step of the columns comes "
        "from n_samples (samples of each clip at 22,050 Hz) or --seconds-per-column. "
        "Where all names are GTZAN's (blues.00000), the clips get GTZAN's artists and splits."
    ),
)
_DEMO = About(
    key="demo",
    title="Encore demo corpus (synthetic)",
    summary="120 clips of 30 s of generated music, ten genres; needs no download",
    size="159 MB, written to the cache at first use",
    takes="",
    sources=(),
    licence="CC0: the clips are the output of this program",
    citation="",
    note="Numbers on it only show that everything works. It takes no --data.",
)

_FOLDER = About(
    key=OWN_FOLDER_VALUE,
    title="Own folder",
    summary="your own audio files, in folders that are named as their genres",
    size="yours",
    takes="a folder that holds a folder of audio files for each genre",
    sources=(),
    licence="what the files' owners state",
    citation="",
    note=(
        "The genre of a file is the first folder below the one that you give: DIR/rock/ABBA/song.mp3 is rock. Artists, "
        "for --split artist, come from the files' tags; from folders with --artist-level 1, which here gives ABBA; or "
        "from a table with --labels FILE.csv, which has a column path and any of genre, artist and split. Encore reads "
        "WAV, FLAC, MP3, OGG, Opus, AIFF and AU. It names files of other audio formats, such as .m4a, and says how to "
        "convert them."
    ),
)

_MIRDATA = About(
    key="mirdata",
    title="mirdata",
    summary="data sets that the package mirdata describes, by its names",
    size="see mirdata",
    takes="mirdata's data_home for the data set; without --data, ~/mir_datasets/NAME",
    sources=(
        Source(
            "PyPI, 'mirdata', which knows where to get each data set",
            "mirdata.readthedocs.io",
            'comes with the extra mirdata: pip install "encore-mgc[mirdata]". mirdata, not Encore, downloads a data '
            "set: python -c \"import mirdata; mirdata.initialize('NAME', data_home='DIR').download()\"",
        ),
    ),
    licence="of each data set: mirdata.initialize('NAME').license()",
    citation="of each data set: mirdata.initialize('NAME').cite()",
    note=(
        f"With a genre and audio: {', '.join(MIRDATA_WITH_GENRES)}. A track with several genres cannot be used, "
        "because any choice among them would be arbitrary; --skip-bad skips such tracks. Tracks without a genre are "
        "left out. Artists come from mirdata where it has them. The clips of gtzan_genre get GTZAN's genres, artists "
        "and splits."
    ),
    value=f"{MIRDATA_PREFIX}NAME",
    check="python -c \"import mirdata; mirdata.initialize('NAME', data_home='DIR').validate()\"",
)

ABOUT = {about.key: about for about in (_DEMO, _FOLDER, _GTZAN, _FMA_SMALL, _FMA_LARGE, _ARRAYS, _MIRDATA)}
# What `--dataset` takes, as messages and help texts say it.
VALUES = tuple(about.value or about.key for about in ABOUT.values())
# The same as sentences of a help text.
VALUES_TEXT = f"{', '.join(VALUES[:-1])}. Also {VALUES[-1]}."


def require_known(name: str) -> str:
    """A name of a data set as `--dataset` takes it; `mirdata:NAME` as the key `mirdata_NAME`. Keys of own folders,
    `folder_NAME`, are known too: they name results, not data to read.

    Raises:
        SpecError: there is no such data set. Whether mirdata has one is known when it is opened.
    """
    if (of_mirdata := mirdata_name(name)) is not None:
        return f"{MIRDATA_KEY}{of_mirdata}"
    if is_own_folder(name):
        return name
    if name not in ABOUT or name == _MIRDATA.key:
        near = did_you_mean(nearest_names(name, VALUES))
        raise SpecError(f"--dataset {name}: no such value{near or '.'} Expected one of: {', '.join(VALUES)}.")
    return name


def mirdata_name(name: str) -> str | None:
    """mirdata's name of a data set, from a value of `--dataset` or a key; None for data sets that are not mirdata's."""
    match = re.fullmatch(f"(?:{MIRDATA_PREFIX}|{MIRDATA_KEY})([a-z0-9_]+)", name)
    return None if match is None else match[1]


def path_name(name: str) -> str:
    """A name made safe for paths: letters, digits, `.`, `_` and `-` of any script; whatever else is there as `_`."""
    return re.sub(r"[^\w.-]+", "_", name)


def own_folder_key(folder: Path) -> str:
    """Key of the data set in a user's own folder: `folder_NAME`, after the folder's own name, also for `.`.

    Args:
        folder: as it is given with `--data`.
    """
    name = path_name(stored_name(folder.expanduser().resolve().name))[:_LONGEST_NAME]
    return f"{OWN_FOLDER_VALUE}_{name or '_'}"


def is_own_folder(key: str) -> bool:
    """Whether a key, or a value of `--dataset`, is of a user's own folder."""
    return re.fullmatch(rf"{OWN_FOLDER_VALUE}(_[\w.-]+)?", key) is not None


def is_asked_for(key: str, asked: str | None) -> bool:
    """Whether results with a key are of the data set that was asked for.

    Args:
        asked: a key; `folder` for all own folders; None for all data sets.
    """
    return asked in (None, key) or (asked == OWN_FOLDER_VALUE and is_own_folder(key))


def value_to_run(key: str) -> str:
    """What is given with `--dataset`, beside `--data`, to run on a data set with a key."""
    return OWN_FOLDER_VALUE if is_own_folder(key) else key


def page_of(name: str) -> About | None:
    """The facts about a data set, by its key or a value of `--dataset`; None where there is no such data set."""
    return ABOUT.get(value_to_run(name)) if mirdata_name(name) is None else _MIRDATA


def names_beginning(incomplete: str) -> list[str]:
    """Names of data sets that begin as what was typed, for shells to complete."""
    names = [name for name in ABOUT if name != _MIRDATA.key]
    names += [f"{MIRDATA_PREFIX}{name}" for name in MIRDATA_WITH_GENRES]
    return [name for name in names if name.startswith(incomplete)]
