"""The page's scripts that need no page, run by Node."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

import common.report_page
from common.metrics.paired import mcnemar
from common.records.paths import ResultPaths
from common.records.record import read_records
from common.report_page.clip_faults import count_clips
from common.report_page.clips import pack_clips
from common.report_page.names import shown
from tests.helpers.clip_records import clip, keyed, run_of
from tests.helpers.hostile_names import ESCAPED_NAMES, VISIBLE_NAMES

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
ASSETS = Path(common.report_page.__file__).parent / "assets"


def node(script, **given):
    """The JSON of what an async function's body returns, which sees the scripts' functions and the given values."""
    code = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in ("clip_files.js", "clips_data.js"))
    whole = (
        f"{code}\nlet input = '';\nprocess.stdin.on('data', (some) => (input += some)).on('end', async () => {{\n"
        f"const {{ {', '.join(given)} }} = JSON.parse(input);\n"
        f"const answer = await (async () => {{ {script} }})();\nprocess.stdout.write(JSON.stringify(answer));\n}});"
    )
    done = subprocess.run(
        ["node", "-e", whole], input=json.dumps(given), capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packed(runs, pairs=None):
    return pack_clips(runs, count_clips(runs, pairs or {}), limit_bytes=10**9).text


def test_every_decision_of_the_committed_results_is_read_as_the_records_have_it(committed_results):
    runs = [
        (f"{folder.paper}/{folder.dataset}/{record.run_id}", record)
        for paper in sorted(path.name for path in committed_results.iterdir() if path.is_dir())
        for folder in ResultPaths.with_records(committed_results, paper)
        for record in read_records(folder.runs)
    ]
    found = node(
        """const { runs } = await EncoreClips.decode(text);
        return Object.fromEntries([...runs].map(([key, run]) => [key, {
          genres: run.genres, seed: run.seed, fold: run.fold,
          clips: EncoreClips.decisionsOf(run).map((one) =>
            [one.clip.id, one.clip.genre, one.clip.artist, one.decided, one.voted, one.votes])}]));""",
        text=packed(runs),
    )
    assert len(runs) > 100
    assert found == {
        key: {
            "genres": list(record.data.genres),
            "seed": record.seed,
            "fold": record.fold,
            "clips": [
                [
                    one.id,
                    record.data.genres[one.label],
                    one.artist,
                    record.data.genres[one.by_mean_softmax],
                    record.data.genres[one.by_majority_vote],
                    list(one.votes),
                ]
                for one in record.clips
            ],
        }
        for key, record in runs
    }


def test_large_numbers_of_windows_ties_and_hostile_names_are_read():
    name = "</script>\u2028\u202e'\"\ud800"
    votes = {"windows": 140_002, "windows_correct": 70_001, "votes": (70_001, 70_001)}
    runs = keyed(run_of([clip(name, 1, 1, artist=name, **votes)], genres=("a", name)), run_of([clip(name, 0, 1)]))
    found = node(
        """const { runs } = await EncoreClips.decode(text);
        const [{ clip, decided, voted, votes }] = EncoreClips.decisionsOf(runs.get("p/d/0"));
        return [clip.id, clip.artist, clip.genre, decided, voted, votes];""",
        text=packed(runs),
    )
    assert found == [name, name, name, name, "a", [70_001, 70_001]]


def test_the_counts_of_a_clip_and_its_tests_are_those_of_the_records():
    runs = keyed(
        run_of([clip("a", 0, 1), clip("b", 1, 1)]),
        run_of([clip("b", 1, 0), clip("a", 0, 1)], seed=4),
        run_of([clip("a", 0, 0)], shared_clips=1),
    )
    clip_a, tests = node(
        """const { data, runs } = await EncoreClips.decode(text);
        const [clip] = data[0].clips;
        return [clip, EncoreClips.testsOf(clip, runs).map(({ run, decided }) => [run.key, run.seed, decided])];""",
        text=packed(runs, {"d": [("a", "b", True)]}),
    )
    assert clip_a == {
        "data": "Songs",
        "place": 0,
        "id": "a",
        "genre": "rock",
        "artist": None,
        "apart": {"tested": 2, "wrong": 2, "taken": [["pop", 2]]},
        "seen": {"tested": 1, "wrong": 0, "taken": []},
        "rows": 1,
        "seeds": 2,
        "splits": 1,
        "same": [{"id": "b", "genre": "pop", "exact": True}],
        "known": [],
        "reasons": ["the same recording is in the data as pop (b)"],
    }
    assert sorted(tests) == [["p/d/0", 0, "pop"], ["p/d/1", 4, "pop"], ["p/d/2", 0, "rock"]]


def test_a_text_that_is_cut_or_of_another_format_is_refused():
    message = node(
        """const bytes = new Uint8Array(await new Response(new Blob([Uint8Array.from(atob(text), (one) =>
          one.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
        const again = async (content) => {
          const made = new Response(new Blob([content]).stream().pipeThrough(new CompressionStream("gzip")));
          const packed = btoa(String.fromCharCode(...new Uint8Array(await made.arrayBuffer())));
          return EncoreClips.decode(packed).then(() => "read", (error) => error.message);
        };
        const other = bytes.slice();
        other[4 + '{"format":'.length] = "2".charCodeAt(0);
        return [await again(bytes), await again(new Uint8Array([...bytes, 0])), await again(other)];""",
        text=packed(keyed(run_of([clip("a", 0, 1)]))),
    )
    assert message == [
        "read",
        "clip decisions of another length than their header says",
        "clip decisions of format 2, expected 1",
    ]


def test_mcnemars_p_is_that_of_the_tables():
    counts = [(0, 0), (1, 0), (0, 7), (3, 3), (3, 14), (41, 16), (500, 700), (2, 3000), (1100, 1101)]
    found = node("return counts.map(([one, other]) => EncoreClips.mcnemar(one, other));", counts=counts)

    def of_tables(one, other):
        first = np.array([True] * one + [False] * other, dtype=bool)
        return mcnemar(first, ~first).p_value

    assert found == pytest.approx([of_tables(one, other) for one, other in counts], rel=1e-9, abs=0)


def test_two_lists_of_runs_are_compared_on_the_clips_that_both_tested():
    both, only_first, only_second = (clip(name, 0, 0) for name in ("both", "first", "second"))
    # By mean softmax wrong, by majority voting right.
    first_voted, wrong_voted = (clip(name, 0, 1, votes=(2, 1), windows_correct=2) for name in ("first", "wrong"))
    runs = keyed(
        # Two folds of one seed.
        run_of([both, only_first], fold=0),
        run_of([clip("second", 0, 1), wrong_voted, clip("alone", 0, 0)], fold=1),
        run_of([both, first_voted, only_second, clip("wrong", 0, 1)]),
    )
    found = node(
        """const { runs } = await EncoreClips.decode(text);
        const [one, two, three] = ["p/d/0", "p/d/1", "p/d/2"].map((key) => runs.get(key));
        return ["decided", "voted"].map((how) => {
          const { clips, counts, p } = EncoreClips.compare([one, two], [three], how);
          return [clips.map(({ clip, firstRight, secondRight }) => [clip.id, firstRight, secondRight]), counts, p];
        });""",
        text=packed(runs),
    )
    decided = [["both", True, True], ["first", True, False], ["second", False, True], ["wrong", False, False]]
    voted = [["both", True, True], ["first", True, True], ["second", False, True], ["wrong", True, False]]
    assert found == [
        [decided, {"bothRight": 1, "onlyFirst": 1, "onlySecond": 1, "bothWrong": 1}, 1],
        [voted, {"bothRight": 2, "onlyFirst": 1, "onlySecond": 1, "bothWrong": 0}, 1],
    ]


def test_clips_that_were_tested_in_several_folds_are_counted_and_the_last_fold_decides():
    # Windows of "b" lie in both folds; those of "c" as well, but the other run did not test it.
    folds = [run_of([clip("a", 0, 0), clip("b", 0, 0), clip("c", 0, 0)], fold=0)]
    folds += [run_of([clip("b", 0, 1), clip("c", 0, 1)], fold=1)]
    runs = keyed(*folds, run_of([clip("a", 0, 0), clip("b", 0, 0)]))
    found = node(
        """const { runs } = await EncoreClips.decode(text);
        const [one, two, three] = ["p/d/0", "p/d/1", "p/d/2"].map((key) => runs.get(key));
        return [[[one, two], [three]], [[three], [one, two]], [[one], [three]]].map(([first, second]) => {
          const { counts, repeated } = EncoreClips.compare(first, second, "decided");
          return [repeated, counts];
        });""",
        text=packed(runs),
    )
    none = {"bothRight": 1, "onlyFirst": 0, "onlySecond": 0, "bothWrong": 0}
    assert found == [[1, none | {"onlySecond": 1}], [1, none | {"onlyFirst": 1}], [0, none | {"bothRight": 2}]]


def test_names_are_shown_as_everywhere_else():
    names = [*VISIBLE_NAMES, *ESCAPED_NAMES, *map(chr, (0x85, 0x200D, 0x2028, 0xE0041, 0xFFFE, 0x1F3B5)), "a\u202eb\n"]
    names += ["caf\udce9", "a\ud800b", "\udfff", "a\r\nb\x85c\x1d", "\u2028a\u2029", ""]
    assert node("return names.map(EncoreClips.shown);", names=names) == [shown(name) for name in names]


def matched(paths, ids):
    return node(
        """const { files, ...others } = EncoreFiles.matched(paths, ids);
        return { files: Object.fromEntries(files), ...others };""",
        paths=paths,
        ids=ids,
    )


def test_files_are_matched_by_stem_whatever_their_case_suffix_folder_and_unicode_form():
    paths = ["x/Blues.00007.WAV.wav", "Cafe\u0301.mp3", "songs/rock.00001.au", "readme.txt", "unknown.ogg"]
    assert matched(paths, ["blues.00007", "Caf\u00e9", "rock.00001.wav", "pop.00001"]) == {
        "files": {"blues.00007": paths[0], "Caf\u00e9": paths[1], "rock.00001.wav": paths[2]},
        "ambiguous": [],
        "unmatched": ["unknown.ogg"],
        "others": ["readme.txt"],
    }


def test_folders_decide_between_clips_and_files_of_one_name_and_where_they_do_not_nothing_is_matched():
    ids = ["rock/a", "pop/a", "rock/b", "c", "d"]
    paths = ["music/rock/a.wav", "music/Pop/A.wav", "other/b.mp3", "x/rock/b.mp3", "x/c.wav", "y/c.wav", "z/a.wav"]
    assert matched(paths, ids) == {
        "files": {"rock/a": "music/rock/a.wav", "pop/a": "music/Pop/A.wav", "rock/b": "x/rock/b.mp3"},
        "ambiguous": ["z/a.wav", "x/c.wav", "y/c.wav"],
        "unmatched": [],
        "others": [],
    }


def wav_of(content):
    return node(
        """const wav = EncoreFiles.wavOfAu(Uint8Array.from(bytes).buffer);
        return wav === null ? null : [...new Uint8Array(wav)];""",
        bytes=list(content),
    )


def test_an_au_file_of_16_bit_samples_becomes_the_same_wav(tmp_path):
    samples = np.array([[0, -1], [32767, -32768], [258, 3]], np.int16)
    soundfile.write(tmp_path / "a.au", samples, 22050, subtype="PCM_16", format="AU")
    (tmp_path / "a.wav").write_bytes(bytes(wav_of((tmp_path / "a.au").read_bytes())))
    found, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert rate == 22050
    assert found.tolist() == samples.tolist()


def test_other_files_are_left_as_they_are():
    of_8_bits = struct.pack(">6I", 0x2E736E64, 24, 2, 1, 8000, 1) + b"\0\0"
    assert wav_of(of_8_bits) is None
    assert wav_of(b"RIFF....WAVEfmt             ") is None
    assert wav_of(b".snd") is None
