"""The items of a paper's document: every table, figure and listing, and what makes it again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentItem:
    """One item of a document. Several ids of one kind are made by one command each.

    Args:
        title: its own number and title; where it has none, the heading that it stands below.
        tables: ids of tables or confusion matrices that make it again.
        figures: ids of figures.
        searches: names of search spaces.
        commands: other commands, as they are typed.
        paper: key of the paper that makes it, where that is another one.
        note: what is not as in the document, as a sentence.
    """

    title: str
    tables: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    paper: str = ""
    note: str = ""
