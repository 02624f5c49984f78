"""Names that loading accepts, and that some format, program or screen takes for more than a name."""

# Each shows itself in every format.
VISIBLE_NAMES = [
    "R&B | Soul",
    "50% off_#1",
    r"x^2 {y} $z$ \n",
    r"a\nb \\ \| \*",
    "[red]x[/red]",
    "[link=https://a.b]x[/link] :smile:",
    "[x](javascript:alert(1)) ![y](z) <http://a.b>",
    "https://a.b www.a.b/c",
    "<b>`c`</b> <!-- d --> ``e``",
    "<script>alert(1)</script>",
    "*a* _b_ __c__ ~~d~~ ~e~ f_g_h",
    "&amp; &#65; & &x",
    "# x",
    "C #",
    "1. x",
    "12) x",
    "> x",
    "[x",
    "a--b---c",
    "\\",
    "say \"yes\", 'no'; a,b",
    "|",
    "; rm -rf ~ $(touch y) `z`",
    "NA",
    "-2",
    "+1",
    r"\input{/etc/passwd} \write18{ls} ^^M ^^5cinput",
    "\u65e5\u672c \u00b1\u00e9 \u2212\u00d7\u2264\u2265",
]
# What a spreadsheet would take for a formula -> what is written instead.
FORMULAS = {
    "=SUM(A1)": "'=SUM(A1)",
    "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
    "@a": "'@a",
    "+a": "'+a",
    "-a": "'-a",
    "-2+3": "'-2+3",
    "\uff1dA1": "'\uff1dA1",
    "a;=B1": "a;'=B1",
    "- x": "'- x",
    "---": "'---",
    "+ x": "'+ x",
}
# What cannot be shown -> how it is shown.
ESCAPED_NAMES = {
    "a\x1b[31mb\x1b]8;;http://c\x1b\\d\x1b]8;;\x1b\\": r"a\x1b[31mb\x1b]8;;http://c\x1b\d\x1b]8;;\x1b" + "\\",
    "a\x00b\x07\x08c\x7f": r"a\x00b\x07\x08c\x7f",
    "a\tb": r"a\tb",
    "\x9b31m\x9d": r"\x9b31m\x9d",
    "song\u202egpj.wav": r"song\u202egpj.wav",
    "\u2066a\u2069 \u200e": r"\u2066a\u2069 \u200e",
    "ro\u200bck\ufeff\u2060": r"ro\u200bck\ufeff\u2060",
    "caf\udce9": r"caf\xe9",
    "a\uffff": r"a\uffff",
}
HOSTILE_NAMES = [*VISIBLE_NAMES, *FORMULAS, *ESCAPED_NAMES]


def shown(name: str) -> str:
    """A hostile name as every format shows it, but for the apostrophe of CSV."""
    return ESCAPED_NAMES.get(name, name)
