"""The committed results, whatever commands have written beside them since."""

import shutil
import subprocess
from pathlib import Path

from tests.helpers.papers import ROOT


def copy_committed_results(folder: Path, root: Path = ROOT) -> Path:
    """Copy the results as git has them, staged changes included, below a folder; without git, as they lie there.

    Args:
        folder: empty.
        root: of the clone.

    Returns:
        The copy.
    """
    if (root / ".git").exists() and shutil.which("git"):
        # A clone of another user is as good.
        git = ("git", "-c", "safe.directory=*", "-C", str(root))
        names = subprocess.run([*git, "ls-files", "-z", "results"], capture_output=True, check=True).stdout
        checkout = [*git, "checkout-index", "-z", "--stdin", f"--prefix={folder.resolve()}/"]
        subprocess.run(checkout, input=names, check=True)
    else:
        shutil.copytree(root / "results", folder / "results", ignore=_NOT_COMMITTED)
    return folder / "results"


# As in .gitignore.
_NOT_COMMITTED = shutil.ignore_patterns("local", "work", "demo", ".lock", "state.previous.json")
