"""The listing of a paper's tables."""

import json
import subprocess
import sys
from pathlib import Path

import reproductions

SCRIPT = Path(reproductions.__file__).parent / "se_cnn" / "run.py"


def test_list_as_json_on_standard_output(tmp_path):
    command = [sys.executable, str(SCRIPT), "--list", "--json"]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert listed.returncode == 0
    assert [table["id"] for table in json.loads(listed.stdout)["tables"]] == ["4.1", "5.1", "5.2", "5.3"]
    assert listed.stderr == ""
