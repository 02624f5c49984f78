"""Functions that are imported when they are called."""

import pickle
import sys
from contextlib import nullcontext

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


@pytest.mark.parametrize("loaded", [True, False])
def test_standard_error_is_held_back_only_where_keras_is_still_to_be_imported(tmp_path, monkeypatch, loaded):
    (tmp_path / "seldom_used.py").write_text("def one():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    if loaded:
        monkeypatch.setitem(sys.modules, "keras", object())
    else:
        monkeypatch.delitem(sys.modules, "keras", raising=False)
    held = []
    monkeypatch.setattr("common.core.late.quiet_start", lambda: held.append(True) or nullcontext())
    assert late("seldom_used:one")() == 1
    del sys.modules["seldom_used"]
    assert len(held) == (not loaded)
