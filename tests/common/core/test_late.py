"""Functions that are imported when they are called."""

import pickle
import sys

import pytest

from common.core.late import late


def test_a_module_is_imported_at_the_first_call(tmp_path, monkeypatch):
    (tmp_path / "rarely_used.py").write_text("def double(value, plus=0):\n    return 2 * value + plus\n")
    monkeypatch.syspath_prepend(tmp_path)
    double = late("rarely_used:double")
    assert "rarely_used" not in sys.modules
    assert double(3, plus=1) == 7
    assert "rarely_used" in sys.modules
    monkeypatch.delitem(sys.modules, "rarely_used")


def test_it_is_sent_to_other_processes_by_its_name():
    again = pickle.loads(pickle.dumps(late("math:sqrt")))
    assert again(16.0) == 4.0


@pytest.mark.parametrize("path", ["math", "math:", ":sqrt", "math:sqrt:2"])
def test_a_path_that_names_no_function_is_refused(path):
    with pytest.raises(ValueError, match="expected module:function"):
        late(path)
