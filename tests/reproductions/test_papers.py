"""What every paper must hold, generated over all folders of `reproductions/`."""

import pytest

from common.cli.listing import listing
from common.core.spec import Spec
from common.paper.parameters import StoredNetworks
from common.paper.provenance import value_paths
from common.paper.tables import TOTAL, ArchitectureTable
from common.reports.tables.architecture import unexplained_cells
from tests.helpers.papers import KEYS, ROOT, imports_of, paper_of


@pytest.mark.parametrize("key", KEYS)
def test_listing_follows_the_contract(key):
    values = listing(paper_of(key))
    of_results = {table.id for table in paper_of(key).tables}
    assert set(values) == {"paper", "tables", "value_tables", "confusions", "figures"}
    assert values["paper"] == key
    for table in values["tables"]:
        of_layers = set() if table["id"] in of_results else {"total"}
        assert set(table) == {"id", "title", "metrics", "rows"} | of_layers
        assert len({row["label"] for row in table["rows"]}) == len(table["rows"])
        for row in table["rows"]:
            # Layers are not run one by one, and so have no names.
            named = {"name"} if table["id"] in of_results else set()
            assert set(row) == {"label", "published", "trainable_parameters", "experiment"} | named
            assert isinstance(row["trainable_parameters"], int)
            assert set(row["published"]) == set(table["metrics"])
            assert len(row["experiment"]) == 64
    assert [set(figure) for figure in values["figures"]] == [{"id", "title", "needs"}] * len(paper_of(key).figures)
    assert {figure["needs"] for figure in values["figures"]} <= {"nothing", "data", "runs"}
    assert [set(matrix) for matrix in values["confusions"]] == [{"id", "title", "row"}] * len(paper_of(key).confusions)


@pytest.mark.parametrize("key", KEYS)
def test_every_value_of_every_row_says_where_it_comes_from(key):
    paper = paper_of(key)
    for table in paper.tables:
        for row in table.rows:
            assert set(value_paths([row.experiment])) <= set(paper.value_sources), row.label
    paths = value_paths(paper.experiments)
    assert set(paper.value_sources) == set(paths)
    assert all(source.reason for source in paper.value_sources.values())
    unused = {path for path, source in paper.value_sources.items() if source.status == "unused"}
    assert not unused & {path for path, used in paths.items() if used}


@pytest.mark.parametrize("key", KEYS)
def test_tables_are_found_by_id_and_the_default_row_exists(key):
    paper = paper_of(key)
    assert paper.key == key
    assert isinstance(paper.default_experiment.model, Spec)
    for name in paper.table_ids:
        assert paper.table(name).id == name
    for table in paper.architecture:
        assert isinstance(table, ArchitectureTable)


TABLES_OF_LAYERS = [(key, table.id) for key in KEYS for table in paper_of(key).architecture]


@pytest.mark.parametrize(("key", "table_id"), TABLES_OF_LAYERS)
def test_every_published_cell_of_layers_is_what_we_build_or_has_a_reason(key, table_id):
    paper = paper_of(key)
    table = paper.table(table_id)
    built = StoredNetworks.read(paper).layers_of(table)
    assert unexplained_cells(table, built) == []
    # No reason is left over from a difference that is gone.
    differing = built.differing_from(table)
    for difference in table.differences:
        assert any(difference.explains(*cell) for cell in differing), difference.reason
        assert set(difference.rows) <= {TOTAL, *built.rows}
        assert set(difference.columns) <= {"parameters", *(column.name for column in table.columns)}


@pytest.mark.parametrize(("key", "table_id"), TABLES_OF_LAYERS)
def test_layers_have_all_parameters_of_their_network(key, table_id):
    paper = paper_of(key)
    built = StoredNetworks.read(paper).layers_of(paper.table(table_id))
    assert sum(row.parameters for row in built.rows.values()) == built.parameters


@pytest.mark.parametrize("key", KEYS)
def test_models_import_no_backend(key):
    for path in sorted((ROOT / "reproductions" / key).glob("*.py")):
        assert not {name.split(".")[0] for name in imports_of(path)} & {"tensorflow", "jax", "torch"}, path.name


@pytest.mark.parametrize("key", KEYS)
def test_smoke_scale_changes_what_rows_have_and_every_feature_has_a_small_one(key):
    paper = paper_of(key)
    for of_paper in (False, True):
        for path in paper.smoke_values(paper_features=of_paper):
            assert any(experiment.has(path) for experiment in paper.experiments), path
    seen = {given.feature for experiment in paper.experiments for given in experiment.inputs}
    assert set(paper.small_features) <= seen
    for feature in seen:
        assert _values_per_second(paper.small_feature(feature)) <= _values_per_second(feature)


def _values_per_second(feature) -> float:
    return feature.frames_per_second * feature.bins


@pytest.mark.parametrize("key", KEYS)
def test_figures_and_confusions_are_of_rows_that_exist(key):
    paper = paper_of(key)
    for figure in paper.figures:
        for table, label in figure.rows:
            assert paper.row(table, label)
        if figure.table:
            assert {row.label for row in paper.table(figure.table).rows} == set(figure.places)
    for confusion in paper.confusions:
        assert paper.row(*confusion.row)
        assert not {confusion.id, confusion.table_id} & set(paper.table_ids)
        assert paper.confusion(confusion.id) is paper.confusion(confusion.table_id) is confusion
        assert len(confusion.counts) == len(confusion.genres) == paper.published_classes


def test_few_modules_import_tensorflow_and_only_the_stream_uses_tf_data():
    users = [
        path.relative_to(ROOT).as_posix()
        for package in ("common", "data_pipeline", "reproductions")
        for path in sorted((ROOT / package).rglob("*.py"))
        if any(name.split(".")[0] == "tensorflow" for name in imports_of(path))
    ]
    # Its strategies divide batches among devices, only it knows the names of its GPUs, only it reads checkpoints of
    # TensorFlow 1, and only it knows the gradient functions that it keeps.
    assert users == [
        "common/records/environment.py",
        "common/training/devices.py",
        "common/training/gradient_functions.py",
        "common/training/mirrored.py",
        "data_pipeline/features/musicnn/weights.py",
        "data_pipeline/windows/of_folder.py",
        "data_pipeline/windows/tf_dataset.py",
    ]
    for user in users[:-2]:
        assert "tf.data" not in (ROOT / user).read_text(encoding="utf-8"), user
