"""Commands that a user copies from the screen into a shell."""

import os
import re
import shlex
from collections.abc import Iterable

from common.core.words import printable

# Of any script: a shell takes none of its letters for more than a letter. A leading `=` is one of zsh's.
_PLAIN = re.compile(r"(?!=)[\w@%+=:,./-]+")


def shell_word(word: str | os.PathLike[str]) -> str:
    """A word of a command, e.g. a path, as a shell takes it for one word and nothing else.

    One that holds characters which a screen does not show as they are, see `common.core.words.printable`, is written
    with the numbers of its bytes, as bash, zsh and ksh read them: `$'a\\x0ab'`.
    """
    text = os.fspath(word)
    if printable(text) == text:
        return text if _PLAIN.fullmatch(text) else shlex.quote(text)
    return f"$'{''.join(map(_in_bytes, text))}'"


def shell_command(words: Iterable[str | os.PathLike[str]]) -> str:
    """A command of these words."""
    return " ".join(map(shell_word, words))


def _in_bytes(character: str) -> str:
    if printable(character) == character and character not in "'\\":
        return character
    # A byte of a name that is no valid UTF-8 is a lone surrogate; others come from no file system.
    is_byte = "\udc80" <= character <= "\udcff"
    content = character.encode("utf-8", errors="surrogateescape" if is_byte else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in content)
