"""The JSON of the page's script."""

import json

import pytest

from common.report_page.page_json import script_json


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "<!-- x",
        "a & b &amp;",
        "\u2028\u2029",
        'say "yes" \\ /',
        "日本 \u05d0",
        "x" * 300,
    ],
)
def test_no_text_ends_the_script_and_each_is_read_back(text):
    written = script_json({"a": [text], text: 1})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"a": [text], text: 1}


def test_it_is_compact_and_numbers_that_are_none_are_refused():
    assert script_json({"a": [1, 2.5, None], "b": True}) == '{"a":[1,2.5,null],"b":true}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json([float("nan")])
