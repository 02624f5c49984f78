"""The figure of an audit: labels that can be read, whatever the bars are."""

from matplotlib import pyplot as plt

from common.leakage.report import draw_audit


def split(label: str, mean: float, low: float, high: float) -> dict:
    entry = {"mean": mean, "ci95": [low, high]}
    return {
        "label": label,
        "measured": {"window_accuracy": entry, "clip_accuracy_mean_softmax": entry},
        "overlap": {"met": 1, "parts": {"test": 8}},
    }


def test_values_stand_behind_the_intervals_and_do_not_overlap_them_or_each_other():
    rows = [split("tiny", 0.0, 0.0, 3.0), split("small", 10.350877, 2.0, 21.0), split("high", 96.8, 95.0, 100.0)]
    table = {
        "paper": "se_cnn", "title": "leak audit", "rows": rows,
        "published": {"metric": "accuracy", "percent": 93.6, "compared_with": "window accuracy"},
    }  # fmt: skip
    figure = draw_audit(table, marks="")
    (axes,) = figure.axes
    figure.canvas.draw()
    labels = list(axes.texts)
    assert [label.get_text() for label in labels] == ["0.0", "10.4", "96.8"] * 2
    boxes = [label.get_window_extent() for label in labels]
    for box, row in zip(boxes, rows * 2, strict=True):
        end = axes.transData.transform((row["measured"]["window_accuracy"]["ci95"][1], 0))[0]
        assert end < box.x0  # the cap of the interval is 3 points wide
        assert box.x1 < axes.get_window_extent().x1
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])
    # 1 of 8 is 12.5 %.
    assert axes.get_yticklabels()[0].get_text() == "tiny\n13 % of test clips known"
    plt.close(figure)
