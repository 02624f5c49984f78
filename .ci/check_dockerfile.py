"""Carries out the steps of Dockerfile in a fresh Debian below a folder, for machines on which Docker does not run.

    python3 .ci/check_dockerfile.py FOLDER

Needs root, debootstrap, unshare, 3 GB, and the package servers of Debian and Python. Steps are read from Dockerfile.
The base image `python:VERSION-slim` is Debian with Python; here Debian's own python3 stands in for it. Name resolution
and certificates are this machine's, as in a container. The folder is left for inspection.
"""

import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CLONE = Path(__file__).resolve().parents[1]
SUITE = "trixie"  # the Debian of python:3.12-slim
PACKAGES = "python3,python3-venv,ca-certificates"
FROM_THIS_MACHINE = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
INSTRUCTIONS = ("FROM", "RUN", "USER", "WORKDIR", "COPY", "CMD")


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile."""

    instruction: str
    argument: str


def read_steps(text: str) -> list[Step]:
    """The instructions of a Dockerfile, in order.

    Raises:
        ValueError: an instruction that this script cannot carry out.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    steps = [Step(*line.split(maxsplit=1)) for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines()]
    for step in steps:
        if step.instruction not in INSTRUCTIONS:
            raise ValueError(f"Dockerfile: {step.instruction}: expected one of {', '.join(INSTRUCTIONS)}")
    return steps


def is_ignored(path: PurePosixPath, rules: list[str]) -> bool:
    """Whether `.dockerignore` leaves out a file; of the rules that name it or a folder that it is in, the last counts.

    Args:
        path: relative to the clone.
        rules: lines of the file: names, `*`, and `**/` before a name; `!` takes a path back in.
    """
    names = [str(path), *map(str, path.parents)]
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        anywhere = pattern.removeprefix("**/")
        found = set(path.parts) if anywhere != pattern else names
        if any(fnmatch.fnmatchcase(name, anywhere) for name in found if name != "."):
            ignored = not rule.startswith("!")
    return ignored


def copied_files(clone: Path) -> Iterator[PurePosixPath]:
    """The files that `COPY . .` takes, relative to the clone."""
    lines = (clone / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    for folder, folders, files in os.walk(clone):
        # Nothing below these is ever copied, and they are large.
        folders[:] = [name for name in folders if name not in (".git", ".venv", "results")]
        for name in files:
            path = PurePosixPath((Path(folder) / name).relative_to(clone).as_posix())
            if not is_ignored(path, rules):
                yield path


class FreshRoot:
    """A Debian below a folder, and where the steps that were carried out so far have left it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.user, self.working_folder = "root", "/"

    def carry_out(self, step: Step) -> None:
        """Carry out one step."""
        getattr(self, f"_{step.instruction.lower()}")(step.argument)

    def _from(self, image: str) -> None:
        if not re.fullmatch(r"python:3\.\d+-slim", image):
            raise ValueError(f"Dockerfile: FROM {image}: expected python:VERSION-slim")
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(self.folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for path in FROM_THIS_MACHINE:
            if Path(path).exists():
                shutil.copy(path, self._below(path))

    def _run(self, command: str) -> None:
        self._call(["/bin/sh", "-c", command])

    def _cmd(self, command: str) -> None:
        self._call(json.loads(command))

    def _user(self, name: str) -> None:
        self.user = name

    def _workdir(self, path: str) -> None:
        self.working_folder = path
        self._below(path).mkdir(parents=True, exist_ok=True)

    def _copy(self, argument: str) -> None:
        found = re.fullmatch(r"--chown=(\w+:\w+) \. \.", argument)
        if not found:
            raise ValueError(f"Dockerfile: COPY {argument}: expected --chown=USER:GROUP . .")
        for path in copied_files(CLONE):
            target = self._below(self.working_folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CLONE / path, target)
        inner = f"chown -R {found[1]} {self.working_folder}"
        subprocess.run(["chroot", str(self.folder), "/bin/sh", "-c", inner], check=True)

    def _call(self, command: list[str]) -> None:
        """Run a command as the user of the image, with an environment of its own, and only its processes in /proc."""
        home = "/root" if self.user == "root" else f"/home/{self.user}"
        environment = {"PATH": PATH, "HOME": home, "PIP_CERT": FROM_THIS_MACHINE[1]}
        user = f"--userspec={self.user}:{self.user}"
        inside = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', self.working_folder, *command]
        # As in a container; Python's multiprocessing uses the second.
        mounted = 'mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm" && exec "$@"'
        outside = ["unshare", "--mount", "--pid", "--fork", "/bin/sh", "-c", mounted, str(self.folder)]
        subprocess.run([*outside, "chroot", user, str(self.folder), *inside], check=True, env=environment)

    def _below(self, path: str) -> Path:
        return self.folder / path.lstrip("/")


def main() -> int:
    """Carry out the steps, with the seconds of each; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="does not exist yet")
    folder = parser.parse_args().folder.resolve()
    if folder.exists():
        parser.error(f"{folder}: exists; give a folder that does not")
    root, seconds = FreshRoot(folder), []
    for step in read_steps((CLONE / "Dockerfile").read_text(encoding="utf-8")):
        print(f"=== {step.instruction} {step.argument}", flush=True)
        began = time.monotonic()
        try:
            root.carry_out(step)
        except subprocess.CalledProcessError as error:
            print(f"error: {step.instruction} {step.argument}: ended with {error.returncode}", file=sys.stderr)
            return 1
        seconds.append(f"{time.monotonic() - began:6.0f} s  {step.instruction} {step.argument}")
    print("\n".join(["=== all steps succeeded", *seconds]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
