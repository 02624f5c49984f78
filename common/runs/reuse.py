"""Which runs are finished: a record counts only if it is of the very run that was asked for, compared value by value.

The id of a run leaves out values that hold their default, and the machine. Compared here are: values and versions of
the extraction, which make it another run to be trained again; and circumstances (Encore, packages, backend, devices,
environment), which are only reported. They can change a result, mostly in its last digits.
"""

from collections import Counter
from collections.abc import Sequence

import keras

from common.core.console import say, warn
from common.core.errors import DataError, SpecError
from common.core.files import sha256_of_file
from common.paper.overrides import Setting
from common.records.environment import describe_machine, environment_settings, package_versions
from common.records.machines import compute_device
from common.records.paths import RunPaths
from common.records.record import Record, read_record
from common.records.rows import extraction_of
from common.records.source import encore_version, short_digest, source_digest
from common.runs.builder import PlannedRun

_MOST_NAMED = 5
# Of a record's machine, besides its processor or accelerator.
_OF_MACHINE = ("threads", "devices", "kind_of_devices")


def finished_runs(paths: RunPaths, runs: Sequence[PlannedRun], setting: Setting) -> dict[str, Record]:
    """Run id -> record of the runs that need not be trained. A record that cannot be used is set aside with a warning,
    and so is one whose round started from weights that are no longer those of the round before.

    Args:
        runs: of a command; a round comes after the one that it starts from.
        setting: of the command.
    """
    found: dict[str, Record] = {}
    for planned in runs:
        record = finished_run(paths, planned, setting)
        if record is not None and is_of_its_chain(paths, planned, record, found.get(planned.previous or "")):
            found[planned.run.id] = record
    return found


def is_of_its_chain(paths: RunPaths, planned: PlannedRun, record: Record, previous: Record | None) -> bool:
    """Whether a round started from the weights of the round before; one that did not is set aside with a warning.

    Args:
        previous: record of the round before; None where that has none.
    """
    if planned.previous is None:
        return True
    if previous is None:
        _set_aside(paths, planned, "it starts from the weights of the round before, which has no record")
        return False
    if previous.kept_weights and record.started_from and previous.kept_weights != record.started_from:
        _set_aside(paths, planned, "it started from other weights than those of the round before")
        return False
    return True


def finished_run(paths: RunPaths, planned: PlannedRun, setting: Setting) -> Record | None:
    """The record of a run; None where there is none. One that is not of this run is set aside with a warning."""
    path = paths.record(planned.run.id)
    if not path.exists():
        return None
    try:
        record = read_record(path)
    except DataError as error:
        if not path.exists():
            return None  # another command has just set it aside
        _set_aside(paths, planned, str(error))
        return None
    differing = what_differs(record, planned, setting)
    if differing:
        shown = ", ".join(differing[:_MOST_NAMED]) + (", ..." if len(differing) > _MOST_NAMED else "")
        _set_aside(paths, planned, f"it is of another run ({shown})")
        return None
    return record


def what_differs(record: Record, planned: PlannedRun, setting: Setting) -> list[str]:
    """What makes a record of this id another run than the one that was asked for; empty where it is the same."""
    run = planned.run
    try:
        ran = run.experiment.read_like(record.experiment)
    except SpecError as error:
        return [str(error)]
    found = [
        f"{path} {theirs!r} instead of {ours!r}" for path, (theirs, ours) in ran.differences(run.experiment).items()
    ]
    for name, (theirs, ours) in {
        "extraction version": (
            extraction_of(record.extraction_versions),
            extraction_of(run.extraction_versions),
        ),
        "weights": (record.weights, run.weights),
        "split": (record.split_digest, run.fold.split_digest),
        "setting": (record.setting.as_json(), setting.as_json()),
        "row": (record.row_experiment, planned.row_experiment),
    }.items():
        if theirs != ours:
            found.append(f"{name} {theirs} instead of {ours}")
    return found


def report_circumstances(paper: str, records: Sequence[Record], devices: dict[str, str | int]) -> None:
    """Say under which other circumstances finished runs were made.

    Args:
        devices: that this command uses, see `common.training.devices`.
    """
    counted = Counter(text for record in records for text in other_circumstances(paper, record, devices))
    if counted:
        shown = "; ".join(f"{count} with {text}" for text, count in counted.most_common(_MOST_NAMED))
        more = "; ..." if len(counted) > _MOST_NAMED else ""
        say(
            f"finished runs made under other circumstances: {shown}{more}. Their results count; --fresh trains them "
            "again"
        )


def other_circumstances(paper: str, record: Record, devices: dict[str, str | int]) -> list[str]:
    """What was different when a record was made, in words: it can change a result, mostly in its last digits, but
    not what the result is of.

    Args:
        paper: key of the paper.
        devices: that this command uses.
    """
    found = []
    if not record.encore_version:
        found.append("a version of Encore that is not recorded")
    elif record.encore_version != encore_version():
        found.append(f"Encore {record.encore_version} instead of {encore_version()}")
    here = source_digest(paper)
    others = [digest for digest in record.source_digests if digest != here]
    if others:
        found.append(f"source {', '.join(map(short_digest, others))} instead of {short_digest(here)}")
    machine, mine = record.machine, describe_machine(devices)
    backend = keras.backend.backend()
    if machine.get("backend", backend) != backend:
        found.append(f"Keras on {machine['backend']} instead of {backend}")
    else:
        versions = package_versions()
        found += [
            f"{name} {version} instead of {versions[name]}"
            for name, version in record.versions.items()
            if name in versions and version != versions[name]
        ]
    if compute_device(machine) != compute_device(mine):
        found.append(f"{compute_device(machine)} instead of {compute_device(mine)}")
    found += [
        f"{name.replace('_', ' ')} {machine[name]} instead of {mine.get(name, 'one device')}"
        for name in _OF_MACHINE
        if name in machine and machine[name] != mine.get(name)
    ]
    if record.environment is not None:
        settings = environment_settings()
        found += [
            f"{name}={record.environment.get(name, '(not set)')} instead of {settings.get(name, '(not set)')}"
            for name in sorted(record.environment.keys() | settings.keys())
            if record.environment.get(name) != settings.get(name)
        ]
    return found


def _set_aside(paths: RunPaths, planned: PlannedRun, reason: str) -> None:
    """Move a record away, so that its run is trained again; nothing that was measured is deleted."""
    path = paths.record(planned.run.id)
    try:
        target = paths.set_aside(planned.run.id, sha256_of_file(path)[:8])
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    except FileNotFoundError:
        return  # another command has just set it aside
    warn(
        f"{planned.name}: its record is not used: {reason.rstrip('.')}. It is kept as {target}, and the run is trained "
        "again"
    )
