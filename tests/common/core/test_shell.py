"""Commands to copy: a shell takes each word as it is."""

import shutil
import subprocess
from pathlib import Path

import pytest

from common.core.shell import shell_command, shell_word
from common.core.words import printable

WORDS = [
    "plain/path-1.wav",
    "two  words",
    "; rm -rf ~",
    "$(touch x) `touch y` ${HOME} !!",
    'it\'s "quoted" \\n',
    "a\nb\tc\x1b[31m\u202ed\x85\xad",
    "caf\udce9 'n\\'\n",
    "/home/jos\u00e9/\u65e5\u672c",
    "~",
    "",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_printed_on_one_line_without_control_characters(word):
    assert printable(shell_word(word)) == shell_word(word)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_a_shell_takes_each_word_for_itself(tmp_path):
    command = f"printf '%s\\0' {shell_command(WORDS)}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=tmp_path, check=True)
    words = [word.encode(errors="surrogateescape") for word in WORDS]
    assert done.stdout.split(b"\0")[:-1] == words
    assert list(tmp_path.iterdir()) == []


def test_letters_of_any_script_need_no_quotes():
    assert shell_word("/home/jos\u00e9/\u65e5\u672c.md") == "/home/jos\u00e9/\u65e5\u672c.md"


def test_words_without_anything_special_stay_as_they_are():
    assert shell_command(["encore", "verify", Path("results/local")]) == "encore verify results/local"
