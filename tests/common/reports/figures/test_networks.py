"""Pictures of networks: what stands in and beside the boxes, and where lines lead."""

import re

import pytest
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon

from common.reports.figures.network_plan import Plan, width_of
from common.reports.figures.networks import draw_network
from common.reports.networks.boxes import Block, Box, Branches, Kind


def box(kind: Kind, name: str, shape: tuple, *, parameters: int = 0, detail: str = "", **given) -> Box:
    return Box(kind, name, f"text of {name}", detail, (name,), (shape,), parameters, **given)


def block(*lines: Box, **given) -> Block:
    return Block(lines[0].name, tuple((line,) for line in lines), **given)


INPUT = block(box(Kind.INPUT, "given", (8, 2)))
CONVOLUTION = box(Kind.CONVOLUTION, "conv", (8, 4), parameters=28, detail="ReLU")
POOLING = box(Kind.POOLING, "pool", (4, 4))
ADD = box(Kind.JOINING, "add", (8, 4))


def texts_of(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def drawn(*series, **given):
    return draw_network(series, title="First line\nSecond", notes=["A note."], **given)


def lines_of(figure) -> list[list[tuple[float, float]]]:
    """Points of all lines that have corners."""
    found = [patch.get_path().vertices for patch in figure.axes[0].patches if isinstance(patch, PathPatch)]
    return [points for points in found if len(points) > 2]


def tips_of(figure) -> list[tuple[float, float]]:
    """Where arrows lead to."""
    return [patch.get_xy()[0] for patch in figure.axes[0].patches if isinstance(patch, Polygon)]


def test_boxes_have_their_texts_and_blocks_their_name_parameters_and_shapes():
    figure = drawn(INPUT, block(CONVOLUTION, POOLING), ends_in="logits")
    assert texts_of(figure) == [
        *("First line", "Second"),
        *("text of given", "8 × 2"),
        *("text of conv", "ReLU", "text of pool", "conv", "28 parameters"),
        *("4 × 4", "logits"),
        *("input", "convolution", "pooling"),
        "A note.",
    ]


def test_boxes_that_stand_alone_have_a_name_and_a_shape_each():
    figure = drawn(INPUT, block(CONVOLUTION, POOLING), spread=True)
    assert texts_of(figure)[2:-4] == [
        *("text of given", "8 × 2"),
        *("text of conv", "ReLU", "conv", "28 parameters", "8 × 4"),
        *("text of pool", "pool", "4 × 4"),
    ]


def test_repetitions_are_counted_with_their_shapes_and_all_their_parameters():
    again = box(Kind.CONVOLUTION, "conv2", (2, 4), parameters=52, detail="ReLU")
    folded = block(CONVOLUTION).followed_by(block(again))
    texts = texts_of(drawn(INPUT, folded))
    assert {"× 2", "conv to conv2", "80 parameters in all", "8 × 4 to 2 × 4"} <= set(texts)
    fixed = block(box(Kind.DENSE, "first", (3,), fixed=12)).followed_by(
        block(box(Kind.DENSE, "second", (3,), fixed=12))
    )
    assert "24 parameters in all, not trained" in texts_of(drawn(INPUT, fixed))
    twice = Box(Kind.CONVOLUTION, "conv", "text", "", ("a", "b"), ((8, 4), (6, 4)), 80, times=2)
    assert {"text  (× 2)", "80 parameters", "6 × 4"} <= set(texts_of(drawn(INPUT, block(twice))))


def test_what_is_not_trained_is_hatched_and_explained():
    fixed = box(Kind.DENSE, "fixed", (3,), fixed=1500)
    figure = drawn(INPUT, block(fixed))
    assert {"1,500 parameters, not trained", "not trained"} <= set(texts_of(figure))
    assert sum(patch.get_hatch() is not None for patch in figure.axes[0].patches) == 2  # with the legend
    assert "not trained" not in texts_of(drawn(INPUT, block(CONVOLUTION)))


@pytest.mark.parametrize("spread", [False, True])
def test_a_shortcut_leads_from_above_the_block_to_the_left_of_what_it_joins(spread):
    figure = drawn(INPUT, block(CONVOLUTION, ADD, POOLING, shortcut=(), joins=1), spread=spread)
    places = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    (line,) = lines_of(figure)
    assert line[0][1] == pytest.approx(places["8 × 2"][1])  # beside the middle of the arrow
    assert line[0][0] == places["text of conv"][0]
    (left,) = {patch.get_x() for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)}
    assert line[:, 0].min() < left
    (tip,) = [tip for tip in tips_of(figure) if tip[0] != line[0][0]]
    assert tip == pytest.approx((left, places["text of add"][1]), abs=0.06)  # two lines of text are not in the middle


def test_boxes_on_a_shortcut_have_their_parameters_where_boxes_stand_alone():
    projection = box(Kind.CONVOLUTION, "projection", (8, 4), parameters=12)
    given = block(CONVOLUTION, ADD, shortcut=(projection,), joins=1)
    assert "12 parameters" in texts_of(drawn(INPUT, given, spread=True))
    texts = texts_of(drawn(INPUT, given))
    assert "12 parameters" not in texts
    assert "40 parameters" in texts


def test_branches_stand_side_by_side_and_their_lines_meet_above_the_block_that_joins_them():
    first, second = block(box(Kind.INPUT, "first", (9,))), block(box(Kind.INPUT, "second", (7,)))
    dense = block(box(Kind.DENSE, "dense", (5,)))
    figure = drawn(Branches(((first,), (second, dense))), block(ADD))
    places = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert places["text of first"][1] == places["text of second"][1]
    assert places["text of first"][0] < places["text of add"][0] < places["text of second"][0]
    assert places["text of dense"][0] == places["text of second"][0]
    joining = lines_of(figure)
    assert [points[0][0] for points in joining] == [places["text of first"][0], places["text of second"][0]]
    tips = [tip for tip in tips_of(figure) if tip[0] not in (places["text of dense"][0], places["text of add"][0])]
    assert len(tips) == 2
    assert {tip[1] for tip in tips} == {joining[0][-1][1] + 0.07}
    assert joining[0][-1][1] < places["text of add"][1]
    assert {"9", "5"} <= set(places)  # beside the lines that meet


def test_a_branch_without_blocks_is_a_line_from_the_fork_to_where_branches_meet():
    figure = drawn(INPUT, Branches(((), (block(box(Kind.DENSE, "dense", (5,))),))), block(ADD))
    places = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    from_fork, to_dense, from_branch, from_dense = lines_of(figure)
    assert tuple(from_fork[0]) == tuple(to_dense[0])
    assert from_fork[-1][0] == from_branch[0][0] < places["text of add"][0]
    assert to_dense[-1][0] == from_dense[0][0] == places["text of dense"][0]
    # An arrow to the dense layer, two to the block that joins, and one from it.
    assert len(tips_of(figure)) == 4


def test_a_title_that_is_wider_than_the_picture_is_broken_between_words():
    words = [f"word{number}" for number in range(40)]
    figure = draw_network((INPUT,), title=" ".join(words), notes=[])
    lines = [text for text in texts_of(figure) if text.startswith("word")]
    assert len(lines) > 1
    assert re.split(r"\s", " ".join(lines)) == words
    assert max(width_of(line, 10.0) for line in lines) <= figure.get_figwidth()


def test_columns_are_as_wide_as_their_widest_box():
    wide = box(Kind.DENSE, "d", (3,), detail="a detail that is longer than all other texts of this picture")
    plan = Plan(spread=False)
    assert plan.box_width((INPUT, block(wide))) > width_of(wide.detail, 7.0)
    assert plan.box_width((INPUT,)) == plan.box_width(()) == 1.7
