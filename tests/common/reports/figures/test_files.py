"""Files of figures: the same bytes for the same drawing, and nothing drawn twice."""

import xml.dom.minidom
from dataclasses import dataclass
from functools import partial

import matplotlib
import pytest
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from common.core.console import collected
from common.paper import Protocol
from common.reports.figures import files
from common.reports.figures.curves import draw_curves
from common.reports.figures.files import (
    digest_file,
    drawing_digest,
    is_drawing,
    save_digest,
    save_figure,
    save_unless_drawn,
    stated_digest,
    write_figure,
)
from common.reports.figures.style import new_axes
from common.reports.figures.tables import draw_results

drawn: list = []
NASTY = "a\x1b[31m\u202e$x_$ <b>&\x0b"
SHOWN = r"a\x1b[31m\u202e$x_$ <b>&\x0b"


@dataclass(frozen=True)
class Line:
    heights: tuple[float, ...]


def draw(values: dict, *, title: str) -> Figure:
    """A line, counted in `drawn`."""
    drawn.append(title)
    figure, axes = new_axes(2, 1)
    axes.plot(values["line"].heights)
    axes.set_title(title)
    return figure


def drawing(heights: tuple[float, ...] = (1.0, 2.0), title: str = "a") -> partial:
    return partial(draw, {"line": Line(heights)}, title=title)


@pytest.fixture(autouse=True)
def nothing_drawn():
    drawn.clear()


def contents(paths) -> list[bytes]:
    return [path.read_bytes() for path in paths]


def test_a_figure_is_drawn_once_and_again_where_what_it_shows_changed(tmp_path):
    paths = save_figure(drawing(), tmp_path / "figure")
    assert [path.name for path in paths] == ["figure.png", "figure.svg"]
    first = contents(paths)
    assert save_figure(drawing(), tmp_path / "figure") == paths
    assert (drawn, contents(paths)) == (["a"], first)
    for changed in (drawing(title="b"), drawing(heights=(1.0, 2.5))):
        save_figure(changed, tmp_path / "figure")
    assert drawn == ["a", "b", "a"]
    assert contents(paths) != first
    save_figure(drawing(), tmp_path / "figure")
    assert contents(paths) == first


@pytest.mark.parametrize("damage", ["missing", "cut off", "empty", "not written by Encore"])
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_damaged_files_are_drawn_again(tmp_path, suffix, damage):
    whole = contents(save_figure(drawing(), tmp_path / "figure"))
    path = tmp_path / f"figure.{suffix}"
    if damage == "missing":
        path.unlink()
    elif damage == "cut off":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        path.write_bytes(b"" if damage == "empty" else b"another picture IEND\xaeB`\x82</svg>\n")
    assert contents(save_figure(drawing(), tmp_path / "figure")) == whole


def test_a_figure_is_drawn_again_after_its_code_or_matplotlib_changed(monkeypatch):
    before = drawing_digest(drawing())
    assert drawing_digest(drawing()) == before
    monkeypatch.setattr(files, "_code_of_figures", lambda: ["other"])
    changed_code = drawing_digest(drawing())
    monkeypatch.undo()
    monkeypatch.setattr(files.matplotlib, "__version__", "0.1")
    changed = [before, changed_code, drawing_digest(drawing())]
    assert len(set(changed)) == 3
    # Values and code are told apart.
    assert len({digest.partition(" by ")[0] for digest in changed}) == 1
    of_others = drawing_digest(drawing(title="b"))
    assert of_others.partition(" by ")[0] != changed[2].partition(" by ")[0]
    assert of_others.partition(" by ")[2] == changed[2].partition(" by ")[2]


def test_specs_count_by_their_values():
    one, same, other = (partial(draw, Protocol(seed=seed), title="") for seed in (1, 1, 2))
    assert drawing_digest(one) == drawing_digest(same) != drawing_digest(other)


def test_values_that_cannot_be_told_apart_are_refused():
    with pytest.raises(TypeError, match="expected a plain value, a spec or a dataclass, received object"):
        drawing_digest(partial(draw, object(), title=""))


def test_a_figure_whose_values_are_not_known_is_written_without_a_digest(tmp_path):
    paths = write_figure(draw({"line": Line((1.0, 2.0))}, title="a"), tmp_path / "figure")
    assert all(b"drawn from" not in content for content in contents(paths))
    save_figure(drawing(), tmp_path / "figure")
    assert drawn == ["a", "a"]


def test_settings_of_the_user_do_not_change_a_figure(tmp_path):
    expected = contents(save_figure(drawing(), tmp_path / "figure"))
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "axes.facecolor": "red"}):
        assert contents(save_figure(drawing(), tmp_path / "other")) == expected


def test_files_hold_the_digest_of_what_they_were_drawn_from(tmp_path):
    for path in save_figure(drawing(), tmp_path / "figure"):
        assert stated_digest(path) == drawing_digest(drawing())
        assert is_drawing(path, drawing_digest(drawing()))
        assert not is_drawing(path, drawing_digest(drawing(title="b")))
    assert not is_drawing(tmp_path / "none.svg", drawing_digest(drawing()))


def test_all_modules_beside_each_other_count_as_the_same_code():
    digests = [drawing_digest(partial(chart, {})) for chart in (draw_curves, draw_results)]
    assert len(set(digests)) == 2
    assert len({digest.partition(" by ")[2] for digest in digests}) == 1


def test_only_the_digest_is_written_where_nothing_is_drawn(tmp_path):
    paths = save_digest(drawing(), tmp_path / "figure")
    assert paths == [tmp_path / "figure.png", tmp_path / "figure.svg"]
    assert [path.name for path in tmp_path.iterdir()] == ["figure.digest"]
    assert digest_file(tmp_path / "figure").read_text() == drawing_digest(drawing())
    assert drawn == []


def test_dollar_signs_in_names_begin_no_formula(tmp_path):
    title = r"x^2 $z$ \n $\frac$"
    paths = save_figure(drawing(title=title), tmp_path / "figure")
    assert f">{title}</text>" in paths[1].read_text(encoding="utf-8")


def test_characters_that_the_font_lacks_are_named_once_in_one_line(tmp_path):
    files._warn_of_missing.cache_clear()
    with collected() as lines:
        save_figure(drawing(title="\u65e5\u672c \u00b1\u00e9"), tmp_path / "one")
        save_figure(drawing(title="\u672c\u65e5"), tmp_path / "two")
    assert lines == ["warning: figures: their font lacks these characters, and shows boxes instead: \u65e5 \u672c"]
    assert "\u65e5\u672c \u00b1\u00e9" in (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_a_figure_of_other_things_than_values_is_drawn_again_only_when_these_change(tmp_path):
    drawn = []

    def figure():
        drawn.append(1)
        return draw({"line": Line((1.0, 2.0))}, title="a")

    stem = tmp_path / "figure"
    paths = save_unless_drawn(figure, ["data", 3], stem, __name__)
    content = [path.read_bytes() for path in paths]
    assert save_unless_drawn(figure, ["data", 3], stem, __name__) == paths
    assert len(drawn) == 1
    assert [path.read_bytes() for path in paths] == content
    save_unless_drawn(figure, ["data", 4], stem, __name__)
    paths[1].unlink()
    save_unless_drawn(figure, ["data", 4], stem, __name__)
    assert len(drawn) == 3
    # Other code draws again, too.
    save_unless_drawn(figure, ["data", 4], stem, "common.core.words")
    assert len(drawn) == 4


def test_every_text_of_a_figure_shows_names_as_they_are(tmp_path, capsys):
    figure, axes = new_axes(6, 4)
    axes.plot([0, 1], [0, 1], label=f"{NASTY}line")
    axes.legend(title=f"{NASTY}legend")
    axes.set(title=f"{NASTY}title", xlabel=f"{NASTY}x", ylabel=f"{NASTY}y")
    axes.set_xticks([0, 1], [f"{NASTY}0", "one"])
    axes.yaxis.set_major_locator(FixedLocator([0, 1]))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{NASTY}2", "three"]))
    axes.text(0, 0, f"{NASTY}text")
    axes.annotate(f"{NASTY}note", (1, 1))
    figure.suptitle(f"{NASTY}first\nsecond")
    _, svg = write_figure(figure, tmp_path / "f")
    # XML refuses control characters.
    texts = xml.dom.minidom.parse(str(svg)).getElementsByTagName("text")
    found = {"".join(child.data for child in text.childNodes if child.nodeType == child.TEXT_NODE) for text in texts}
    nasty = ("line", "legend", "title", "x", "y", "0", "2", "text", "note", "first")
    assert found == {*(f"{SHOWN}{name}" for name in nasty), "one", "three", "second"}
    assert capsys.readouterr().err == ""
