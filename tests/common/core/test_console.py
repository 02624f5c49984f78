"""Messages: collected instead of printed, where a command makes something again that it only compares."""

from common.core.console import collected, say, warn


def test_lines_are_collected_instead_of_printed(capsys):
    with collected() as lines:
        say("one [bracket]")
        warn("two")
        with collected() as inner:
            warn("three")
    warn("four")
    assert (lines, inner) == (["one [bracket]", "warning: two"], ["warning: three"])
    assert capsys.readouterr().err == "warning: four\n"
