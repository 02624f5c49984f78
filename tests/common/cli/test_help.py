"""Help texts: groups, a line for each sentence, no Python types; and the nearest name for a mistyped option."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
import typer
from typer import Option

from common.cli.app import run_app
from common.cli.flags import command_of
from common.cli.help import LEFT_COLUMNS, HelpCommand, sentences
from common.core.option_groups import DATA, GROUPS, MACHINES
from common.encore.main import make_command
from tests.helpers.papers import KEYS

PAPERS = [key for key in KEYS if key != "_template"]
COMMANDS = [
    "list",
    "duplicates",
    "data",
    "verify",
    "board",
    "report",
    *(f"{name} {key}" for name in ("run", "audit") for key in PAPERS),
]
COMMANDS += ["tune se_cnn", "tune crnn", "tune resnet1d"]
COLUMNS = 80
# Words of one sentence that are still to be found in two lines.
_LONG = ("--space",)


@dataclass(frozen=True)
class _Options:
    jobs: Annotated[int | None, Option(metavar="N", rich_help_panel=MACHINES, help="Carry out N runs at a time.")] = (
        None
    )
    kind: Annotated[
        Literal["one", "two"],
        Option(metavar="NAME", rich_help_panel=DATA, help="What to read. It is read once, whatever the number is."),
    ] = "two"
    seconds: Annotated[
        float, Option(metavar="SECONDS", rich_help_panel=DATA, help="Length of a clip, a very long one in this case.")
    ] = 3.0
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print less.")] = False
    secret: Annotated[bool, Option("--secret", help="Not shown.")] = False


@pytest.fixture
def app():
    made = typer.Typer(add_completion=False)
    made.command(help="What it does.\n\nExample: it --jobs 2", cls=HelpCommand)(
        command_of(lambda options, flags: 0, _Options, hidden=("secret",))
    )
    return made


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", str(COLUMNS))


def test_options_are_in_groups_with_a_line_for_each_sentence(app, capsys):
    assert run_app(app, ["--help"]) == 0
    assert (
        capsys.readouterr().out.partition("\n")[2]
        == """
What it does.

Example: it --jobs 2

Data
  --kind NAME             What to read. It is read once, whatever the number is.
                          One of: one, two. Default: two.
  --seconds SECONDS       Length of a clip, a very long one in this case.
                          Default: 3.

Output
  -q, --quiet             Print less.
  --help                  Show this text, then stop.

Machines
  --jobs N                Carry out N runs at a time.

"""
    )


def test_a_narrow_screen_breaks_sentences_between_words(app, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert run_app(app, ["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[lines.index("Data") + 1 :][:3] == [
        "  --kind NAME             What to read.",
        "                          It is read once, whatever the",
        "                          number is. One of: one, two.",
    ]


def test_sentences_end_before_a_capital_letter_only():
    assert sentences("Use it, e.g. so.  Or not. e.g. this\n one. Default: 3.") == [
        "Use it, e.g. so.",
        "Or not. e.g. this one.",
        "Default: 3.",
    ]


def _params(words: str) -> list:
    command = make_command()
    context = command.make_context("encore", words.split(), resilient_parsing=True)
    for word in words.split():
        context = context.command.commands[word].make_context(word, [], parent=context, resilient_parsing=True)
    return context.command.params


@pytest.mark.parametrize("command", COMMANDS)
def test_every_line_of_a_help_text_can_be_read_alone(command):
    """No sentence is broken at 80 columns, and what an option takes is a short word of ours, never a Python type."""
    options = [param for param in _params(command) if param.param_type_name == "option" and not param.hidden]
    broken = {
        param.opts[0]: sentence
        for param in options
        for paragraph in param.help.split("\n\n")
        for sentence in sentences(paragraph)
        if len(sentence) > COLUMNS - LEFT_COLUMNS
        and not sentence.startswith("Default: ")
        and param.opts[0] not in _LONG
    }
    assert broken == {}
    for param in options:
        if param.name != "help":
            assert param.rich_help_panel in GROUPS, param.name
            assert param.is_flag or re.fullmatch(
                r"[A-Za-z:=|]{1,10}|paper\|(smoke|small)|window\|clip", param.metavar
            ), param.name
            assert len(f"  {' '.join(param.opts)} {param.metavar or ''}") <= LEFT_COLUMNS - 1, param.name


def test_the_first_screen_of_a_run_shows_an_example_and_what_is_needed_most(capsys):
    assert run_app(make_command(), ["run", "se_cnn", "--help"]) == 0
    first = capsys.readouterr().out.splitlines()[:22]
    assert "Example: encore run se_cnn --dataset gtzan --data ~/gtzan --table 5.1" in first
    shown = [line.split()[0] for line in first if line.startswith("  -")]
    assert shown == ["--dataset", "--data", "--genres", "--table", "--row", "--scale"]


def test_the_help_of_a_group_lists_what_is_below_it(capsys):
    assert run_app(make_command(), ["tune", "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Usage: ")
    assert said.splitlines()[0].endswith(" tune PAPER [OPTIONS]")
    assert "\nPapers\n  crnn                    CNN + RNN\n" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--job", "2"], "--job: no such option; did you mean --jobs? See --help."),
        (["--jbos", "2"], "--jbos: no such option; did you mean --jobs? See --help."),
        (["--secre"], "--secre: no such option. See --help."),
        (["--jobs", "two"], "--jobs two: expected a whole number. See --help."),
        (["--kind", "on"], "--kind on: no such value; did you mean one? Expected one of: one, two. See --help."),
        (["--seconds", "long"], "--seconds long: expected a number. See --help."),
        (["more"], "more: not expected here. See --help."),
    ],
)
def test_a_mistake_is_answered_with_the_nearest_name_or_what_was_expected(app, capsys, arguments, says):
    assert run_app(app, arguments) == 2
    assert capsys.readouterr().err == f"error: {says}\n"


def _help_of(words: str, capsys) -> str:
    assert run_app(make_command(), [*words.split(), "--help"]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_defaults_of_a_search_are_values(capsys):
    said = _help_of("tune se_cnn", capsys)
    assert "Default: the space's" not in said
    assert "including those of earlier commands. Default: 50." in said
    assert "val_accuracy or val_loss. Default: val_accuracy." in said
    assert "Searches of one space need different ones. Default: that of the space, e.g. documented." in said
    assert "Default: 30." in _help_of("tune resnet1d", capsys)


def test_genres_and_choices_read_alike_in_all_commands(capsys):
    run, tune = _help_of("run se_cnn", capsys), _help_of("tune se_cnn", capsys)
    for said in (run, tune):
        assert "all for every genre. Default: all. " in said
        assert "Weights of each run to keep: best or none." in said
        assert "smoke for the demo corpus" in said
    assert "With --from-records: results." in run
    assert "With --from-records: results." not in tune
    assert "With --from-records: results." not in _help_of("audit se_cnn", capsys)
