"""Numbers with nouns in messages and captions (1 clip, 2 clips), and lines that are broken between words."""

import re
import textwrap

# Ends of nouns whose plural has one more syllable: class, box, batch, hash.
_HISSING = ("ss", "x", "ch", "sh")
_WITHOUT_E = "epoch"
_LEFT_OUT = "..."
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|(?:s|ms|Hz|kHz|dB|MB|MiB|GB|GiB|points)\b))| (?=%)")
_COMMAND = re.compile(r"\bencore (?:list|run|show|tune|audit|duplicates|data|board|verify)(?: [a-z]\w*)?")


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 clip`, `1,234 clips`.

    Args:
        noun: in the singular or plural; its plural must end in `s`, or in `es` behind ss, x, ch and sh. One that
            ends in `che` (cache) has to be given in the singular.
    """
    return f"{number:,} {plural(number, noun)}"


def plural(number: int, noun: str) -> str:
    """The noun alone, as it stands behind the number: `clip` for 1, else `clips`.

    Args:
        noun: as in `counted`.
    """
    singular = _singular(noun)
    if number == 1 or not singular:
        return singular
    return f"{singular}es" if singular.endswith(_HISSING) and not singular.endswith(_WITHOUT_E) else f"{singular}s"


def _singular(noun: str) -> str:
    if noun.endswith("es") and noun[:-2].endswith(_HISSING):
        return noun[:-2]
    return noun if noun.endswith("ss") else noun.removesuffix("s")


def first_clause(text: str) -> str:
    """What comes first of a message: up to its first full stop or semicolon."""
    return re.split(r"[.;] ", text)[0].rstrip(".")


def shortened(text: str, width: int) -> str:
    """A path in at most `width` characters: where it is longer, its middle is left out."""
    if len(text) <= width:
        return text
    kept = width - len(_LEFT_OUT)
    return text[: kept - kept // 2] + _LEFT_OUT + text[len(text) - kept // 2 :]


def _kept_together(text: str) -> str:
    """A text whose units stay with their numbers, and whose commands with what they name: no line ends between them."""
    text = re.sub(_BEFORE_UNIT, "\xa0", text)
    return re.sub(_COMMAND, lambda found: found[0].replace(" ", "\xa0"), text)


def wrapped(text: str, width: int, *, indent: str = "") -> list[str]:
    """Lines of at most `width` characters; words are never broken, so a path stays whole, however long.

    Args:
        indent: before every line but the first.
    """
    lines = textwrap.wrap(
        _kept_together(text), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace("\xa0", " ") for line in lines]
