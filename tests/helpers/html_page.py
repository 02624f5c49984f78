"""Reads a page of HTML for tests: its elements, their texts, and the cells of its tables."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_WITHOUT_END = {"meta", "link", "input", "br", "img"}


@dataclass
class Element:
    """An element with what is in it.

    Args:
        parts: texts and elements, in order.
    """

    tag: str
    attributes: dict[str, str | None]
    parts: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def every(self) -> list["Element"]:
        """The element and all below it, in order."""
        below = [one for part in self.parts if isinstance(part, Element) for one in part.every]
        return [self, *below]

    def all(self, tag: str, **attributes: str) -> list["Element"]:
        """The elements of a kind below it, with these attributes; `class_` is one of several classes."""

        def fits(one: Element) -> bool:
            return one.tag == tag and all(
                value in (one.attributes.get("class") or "").split()
                if name == "class_"
                else one.attributes.get(name.replace("_", "-")) == value
                for name, value in attributes.items()
            )

        return [one for one in self.every if fits(one)]

    def one(self, tag: str, **attributes: str) -> "Element":
        """The only element of a kind below it."""
        (found,) = self.all(tag, **attributes)
        return found

    @property
    def cells(self) -> list[list[str]]:
        """The texts of the cells of a table, line by line, with its header."""
        return [[cell.text for cell in line.every if cell.tag in ("td", "th")] for line in self.all("tr")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, dict(attrs))
        self.open[-1].parts.append(made)
        if tag not in _WITHOUT_END:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>, line {self.getpos()[0]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def read_page(text: str) -> Element:
    """The elements of a page, each of which has to be closed where it belongs."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"not closed: {reader.open[-1].tag}"
    return reader.open[0]
