"""Words of messages and captions: numbers with nouns (1 clip, 2 clips), lines that are broken between words, and names
from a user's files in a form that can be printed and written."""

import codecs
import re
import textwrap
import unicodedata
from collections.abc import Callable, Sequence

# Ends of nouns whose plural has one more syllable: class, box, batch, hash.
_HISSING = ("ss", "x", "ch", "sh")
_WITHOUT_E = "epoch"
# Name of the way to encode text for `errors=`: what an encoding cannot hold is written as an escape.
ESCAPED = "encore.escaped"
# A byte of a file name that is not valid UTF-8 is held as a lone surrogate, this much above the byte.
_BYTES_BEGIN = 0xDC00
_BYTES = range(0xDC80, 0xDD00)
# Control characters and separators of lines and paragraphs, which would break a line or steer a terminal.
_UNPRINTABLE = ("Cc", "Zl", "Zp")
# What cannot be seen, or changes the order in which other characters are shown, so that a name looks like another; also
# two characters that XML refuses. U+200C and U+200D are not among them: words of some scripts and emoji need them.
# Unicode 16: `Bidi_Control`, and `Default_Ignorable_Code_Point` of category Cf.
_UNSEEN = frozenset(
    map(
        chr,
        (
            *(0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF, 0xFFFE, 0xFFFF),
            *range(0x202A, 0x202F),
            *range(0x2060, 0x2070),
            *range(0xFFF9, 0xFFFC),
            *range(0xE0000, 0xE0080),
        ),
    )
)
# Line ends and tabs: of these, files hold some, and they have escapes that everybody reads.
_COMMON_CONTROLS = "\t\n\r"
# A message goes on in a further line only where that is indented.
_FURTHER_LINE = re.compile(r"\n(?=  )")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LEFT_OUT = "..."
# Messages that name things from a user's files name no more than these.
MOST_NAMED = 10
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|(?:s|ms|Hz|kHz|dB|MB|MiB|GB|GiB|points)\b))| (?=%)")
_COMMANDS = "encore (?:list|run|show|report|tune|audit|duplicates|data|board|verify)"
_COMMAND = re.compile(rf"\b{_COMMANDS}(?: [a-z]\w*)?")
# A command with which a text ends, but for the full stop. No sentence follows it; quoted words hold whatever they like.
_LAST_COMMAND = re.compile(
    rf"(?P<before>.*:) (?P<command>{_COMMANDS}\b(?:\"'\"|'[^']*'|(?![;.:] )[^'])*?)(?:(?<=[^\s./])\.)?$"
)


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


def listed(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """The first names, and how many there are beside them: `a, b and 3 more`."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


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


def message_lines(text: str, width: int, *, indent: str = "") -> list[str]:
    """The lines of a message, as of `wrapped`. Where it is longer than a line and ends with a command, this stands on a
    line of its own, however long, so that it can be copied as one."""
    lines = wrapped(text, width, indent=indent)
    found = _LAST_COMMAND.match(text)
    if len(lines) < 2 or not found:
        return lines
    return [*wrapped(found["before"], width, indent=indent), found["command"]]


def printable(name: str) -> str:
    """A name of a file, genre or artist on one line and in any encoding of Unicode: bytes that are no valid UTF-8
    become `\\xNN`, line breaks `\\n`, and other control characters `\\xNN` or `\\uNNNN`; as do characters that cannot
    be seen, or that change the order in which others are shown."""
    return _escaped(name, lambda one: unicodedata.category(one) in _UNPRINTABLE or one in _UNSEEN)


def stored_name(name: str) -> str:
    """A name of a file, genre or artist as ids, records and digests hold it: as `printable`, but with the characters
    that cannot be seen, which names in some scripts need. Where it is printed or written, `printable` escapes them."""
    return _escaped(name, lambda one: unicodedata.category(one) in _UNPRINTABLE)


def _escaped(name: str, is_hidden: Callable[[str], bool]) -> str:
    """A name with escapes for those of its characters that are to be hidden, and for bytes that are no valid UTF-8."""
    if name.isprintable():
        return name
    return "".join(_escape(one) if is_hidden(one) else one for one in name).encode(errors=ESCAPED).decode()


def printable_message(text: str) -> str:
    """A message whose names are as of `printable`. A line break is kept where the next line is indented; any other is
    part of a name, which would else begin a line that looks like a message of its own."""
    return "\n".join(map(printable, _FURTHER_LINE.split(text)))


def printable_lines(text: str) -> str:
    """A text of several lines, each of which is as of `printable`."""
    return "\n".join(map(printable, text.split("\n")))


def control_character(text: str) -> str | None:
    """The first control character in a text other than tabs and line ends, written as an escape; None where there is
    none. Those above U+007F are left out: they stand for punctuation in text of Windows that was read as Latin-1."""
    found = (one for one in text if (one < " " or one == "\x7f") and one not in _COMMON_CONTROLS)
    return next(map(_escape, found), None)


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code in _BYTES:
        return f"\\x{code - _BYTES_BEGIN:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_rest(error: UnicodeError) -> tuple[str, int]:
    """What takes the place of characters that an encoding cannot hold."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escape, error.object[error.start : error.end])), error.end


codecs.register_error(ESCAPED, _escape_rest)
