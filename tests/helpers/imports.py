"""What a new process imports."""

import json
import subprocess
import sys
from pathlib import Path

import reproductions

ROOT = Path(reproductions.__file__).parent.parent


def modules_after(program: str) -> set[str]:
    """Names of all modules that are loaded in a new process once it has run a program."""
    printing = f"{program}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", printing]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))
