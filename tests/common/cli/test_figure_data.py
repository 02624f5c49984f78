"""What figures of the data are drawn from, beside a training and without one."""

from common.cli.figure_data import data_for_figures, data_of_plan
from common.reports.clip_figures import windows_figure
from common.reports.count_figures import distribution_figure
from common.reports.groups import Group
from common.runs.data import open_data
from common.runs.options import Options
from common.runs.plan import choose_rows, plan, resolve_rows
from reproductions.crnn.paper import PAPER as CRNN
from reproductions.se_cnn.paper import PAPER
from tests.helpers.figure_data import figure_of
from tests.helpers.own_folder import write_own_folder


def test_figures_without_a_training_are_those_beside_one_and_store_nothing(tmp_path):
    values = {"dataset": "folder", "data": write_own_folder(tmp_path / "songs"), "out": tmp_path / "out"}
    values |= {"features": "small", "scale": "smoke", "genres": ("ambient,bebop",), "tables": ("5.1",), "rows": ("5",)}
    alone = Options(**values, cache=tmp_path / "alone")
    opened = open_data(PAPER, alone)
    rows = resolve_rows(PAPER, alone, choose_rows(PAPER, ("5.1",), ("5",)), opened)
    without = data_for_figures(rows.resolver, opened.catalog, opened.clips_of_genres, alone)
    trained = Options(**values, cache=tmp_path / "trained")
    work = plan(PAPER, trained)
    beside = data_of_plan(work, trained)
    group = Group(work.setting, "", ())
    for make, figure in (
        (windows_figure, figure_of(PAPER, "2.2")),
        (distribution_figure, figure_of(CRNN, "genre_distribution")),
    ):
        assert make(PAPER, figure, without, group).made_from == make(PAPER, figure, beside, group).made_from
    work.close()
    assert not (tmp_path / "alone").exists()
    # What the runs read is not extracted again.
    for path in (tmp_path / "songs").rglob("*.flac"):
        path.unlink()
    assert windows_figure(PAPER, figure_of(PAPER, "2.2"), beside, group).clips
    assert beside.clips_of_genres == {"ambient": 12, "bebop": 12, "cumbia": 12}
