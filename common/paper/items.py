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
        other_commands: commands that make it otherwise, as they are typed.
        note: what is not as in the document, as a sentence.
    """

    title: str
    tables: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    other_commands: tuple[str, ...] = ()
    note: str = ""

    def commands(self, key: str) -> list[str]:
        """The commands that make it, each of which makes one table or figure.

        Args:
            key: of the paper whose document has it.
        """
        run = f"encore run {key}"
        return [
            *(f"{run} --table {table}" for table in self.tables),
            *(f"{run} --figure {figure}" for figure in self.figures),
            *(f"encore tune {key} --space {space}" for space in self.searches),
            *self.other_commands,
        ]

    def commands_beside(self, key: str) -> list[str]:
        """Those of the commands that `run.py --all` of that paper does not stand for."""
        return [command for command in self.commands(key) if not command.startswith(f"encore run {key} ")]
