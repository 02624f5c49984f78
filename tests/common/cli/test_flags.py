"""Every flag in every mode of `run.py` and `tune.py`: it is refused, or it has an effect."""

import dataclasses
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from common.cli import run as run_module
from common.cli import train as train_module
from common.cli import tune as tune_module
from common.cli.app import run_app
from common.cli.run import RunOptions
from common.cli.search_options import SearchOptions
from common.paper.protocol import SPLIT_MEANINGS, UNIT_MEANINGS
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.reports import write as reporting
from common.runs.options import Options
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING, record
from tests.helpers.tiny_search import TINY

# Flag -> a value, the default one where there is one: a flag that is typed counts, whatever its value.
VALUES = {
    **{"--dataset": "demo", "--data": "x", "--decoder": "soundfile", "--cache": "~/.cache/encore", "--out": "results"},
    **{
        "--figure": "5.1",
        "--table": "5.1",
        "--row": "5",
        "--scale": "smoke",
        "--features": "small",
        "--split": "holdout",
    },
    **{
        "--genres": "all",
        "--unit": "clip",
        "--precision": "float32",
        "--keep-weights": "best",
        "--set": "training.batch_windows=16",
    },
    **{"--weights": "a=b", "--memory-limit": "4GB", "--cluster": "tcp://here:1", "--space": "tiny", "--seed": "0"},
    **{"--objective": "val_loss", "--name": "tiny", "--role": "worker", "--chief": "here:1", "--lease": "600"},
}
# What each mode uses besides its own flag.
RUN_MODES = {
    "--list": {"--json"},
    "--sources": {"--json"},
    "--from-records": {"--dataset", "--out", "--table", "--row", "--figure", "--legacy-metric", "--json"},
    "--audit": None,
}
NOT_IN_AN_AUDIT = {
    *("--split", "--unit", "--carry-weights", "--list", "--sources", "--from-records", "--legacy-metric"),
    *("--figure", "--all"),
}
TUNE_REPORT = {"--space", "--row", "--name", "--top", "--dataset", "--out"}


def flags_of(*models: type, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Flag -> the arguments that give it."""
    found = {}
    for model in models:
        hints = get_type_hints(model, include_extras=True)
        for field in dataclasses.fields(model):
            kind, option = get_args(hints[field.name])
            declared = [option.default, *(option.param_decls or ())]
            flag = next((text for text in declared if isinstance(text, str)), f"--{field.name.replace('_', '-')}")
            if field.name not in without:
                found[flag] = [flag] if kind is bool else [flag, VALUES.get(flag, "1")]
    return found


RUN = flags_of(Options, RunOptions)
TUNE = flags_of(SearchOptions) | flags_of(Options, without=("tables", "rows", "seeds", "only_seed", "fresh"))


def refused(mode: str) -> set[str]:
    used = RUN_MODES[mode]
    return (NOT_IN_AN_AUDIT if used is None else RUN.keys() - used) - {mode}


@pytest.mark.parametrize(("mode", "flag"), [(mode, flag) for mode in RUN_MODES for flag in sorted(refused(mode))])
def test_a_flag_that_a_mode_does_not_use_is_refused_as_it_is_typed(capsys, monkeypatch, mode, flag):
    assert run_app(run_module.make_app(PAPER), [mode, *RUN[flag]]) == 2
    # Of two modes the first refuses the second.
    modes = list(RUN_MODES)
    one, other = (flag, mode) if flag in modes and modes.index(flag) < modes.index(mode) else (mode, flag)
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith(f"error: {other}: not used by {one}, which "), said
    assert said.endswith("Leave it out.")


@pytest.mark.parametrize("flag", sorted(TUNE.keys() - TUNE_REPORT - {"--from-records"}))
def test_a_flag_that_the_report_of_a_search_does_not_use_is_refused(capsys, flag):
    assert run_app(tune_module.make_app(PAPER, (TINY,)), ["--from-records", *TUNE[flag]]) == 2
    assert f"error: {flag}: not used by --from-records, which takes only" in " ".join(capsys.readouterr().err.split())


def test_all_refused_flags_are_in_one_line(capsys):
    given = ["--list", "--memory-limit", "4GB", "--out", "x", "--skip-bad", "--fresh", "--epochs", "3"]
    assert run_app(run_module.make_app(PAPER), given) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--out, --skip-bad, --epochs, --memory-limit, --fresh: not used by --list" in said
    assert said.endswith("takes only --json. Leave them out.")


# Other values than the defaults.
OTHER = VALUES | {
    **{"--dataset": "gtzan", "--decoder": "tensorflow-io", "--cache": "elsewhere", "--out": "elsewhere"},
    **{"--seconds-per-column": "2", "--genre-names": "a,b", "--precision": "mixed_bfloat16", "--keep-weights": "none"},
}


@pytest.mark.parametrize("mode", ["", "--audit"])
def test_every_flag_that_is_not_refused_changes_what_the_command_gets(monkeypatch, tmp_path, mode):
    pem = tmp_path / "some.pem"
    pem.touch()
    tls = ["--cluster", "tls://here:1", "--cluster-ca", str(pem), "--cluster-cert", str(pem)]
    # Flag -> others that it is given with.
    beside = {
        "--carry-weights": ["--split", "rotating"],
        "--cluster-ca": tls,
        "--cluster-cert": tls,
        "--cluster-key": tls,
    }
    seen = []
    for name in ("train", "audit"):
        monkeypatch.setattr(train_module, name, lambda *given, **named: seen.append((given[2:], named)) or 0)
    app = run_module.make_app(replace(PAPER, legacy_batches={"train": 32}))
    start = [mode] if mode else []
    assert run_app(app, start) == 0
    used = RUN.keys() - (NOT_IN_AN_AUDIT | {mode} if mode else {*RUN_MODES})
    assert len(used) > 20
    for flag in sorted(used):
        value = RUN[flag][1:] and [
            str(pem) if flag in ("--cluster-ca", "--cluster-cert", "--cluster-key") else OTHER.get(flag, "1")
        ]
        assert run_app(app, [*start, *beside.get(flag, []), flag, *value]) == 0, flag
        assert seen[-1] != seen[0], flag


def test_the_list_is_printed_as_tables_or_as_json(capsys):
    assert run_app(run_module.make_app(PAPER), ["--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["paper"] == "se_cnn"
    assert run_app(run_module.make_app(PAPER), ["--list"]) == 0
    assert capsys.readouterr().out.lstrip().startswith("Table 4.1")


def test_lease_needs_role_chief(capsys):
    assert run_app(tune_module.make_app(PAPER, (TINY,)), ["--lease", "600"]) == 2
    assert "--lease: goes with --role chief" in capsys.readouterr().err


def test_a_worker_of_a_search_makes_no_report(capsys):
    given = ["--role", "worker", "--chief", "here:1", "--json"]
    assert run_app(tune_module.make_app(PAPER, (TINY,)), given) == 2
    assert "--role worker: --fresh, --top and --json go with the chief" in capsys.readouterr().err


def test_what_trains_is_imported_before_features_are_extracted_and_after_the_data_were_opened(monkeypatch, tmp_path):
    """So that a memory limit counts it, and a mistake in the data is reported at once."""
    steps = []

    def note(name, then=None):
        return lambda *given, **named: steps.append(name) or then

    class Stop(Exception):
        pass

    def stop(*given, **named):
        raise Stop

    for name in ("open_data", "resolve_rows", "_import_training"):
        monkeypatch.setattr(train_module, name, note(name))
    monkeypatch.setattr(train_module, "prepare_features", stop)
    with pytest.raises(Stop):
        run_app(run_module.make_app(PAPER), ["--out", str(tmp_path), "--cache", str(tmp_path)])
    assert steps == ["open_data", "resolve_rows", "_import_training"]


@pytest.fixture
def recorded(tmp_path, monkeypatch, capsys):
    """Run `--from-records` on a record of two data sets; returns exit code, output and the files that were made."""
    monkeypatch.setattr(reporting, "save_figure", lambda drawing, stem: [])
    for dataset in ("gtzan", "arrays"):
        results = ResultPaths.of(tmp_path / "out", "se_cnn", dataset)
        write_record(results, record(setting=SETTING.replace(dataset=dataset)))
    app = run_module.make_app(replace(PAPER, legacy_batches={"train": 32, "valid": 16}))

    def command(*arguments: str) -> tuple[int, str, set[str]]:
        for path in (tmp_path / "out").glob("*/*/table_*"):
            path.unlink()
        places = () if "--out" in arguments else ("--out", str(tmp_path / "out"))
        code = run_app(app, ["--from-records", *places, *arguments])
        made = {path.parent.name for path in (tmp_path / "out").glob("*/*/table_5.1.md")}
        return code, capsys.readouterr().out, made

    return command


def test_every_flag_of_from_records_has_an_effect(recorded, tmp_path):
    code, plain, made = recorded()
    assert (code, made) == (0, {"gtzan", "arrays"})
    effects = {
        "--out": recorded("--out", str(tmp_path / "nowhere")),
        "--dataset": recorded("--dataset", "gtzan"),
        "--table": recorded("--table", "5.2"),
        "--row": recorded("--row", "32"),
        "--figure": recorded("--figure", "5.1"),
        "--legacy-metric": recorded("--legacy-metric"),
        "--json": recorded("--json"),
    }
    assert effects.keys() == RUN_MODES["--from-records"]
    assert effects["--out"][0] == 2
    assert effects["--dataset"][::2] == (0, {"gtzan"})
    assert (effects["--table"][0], "squeeze ratio" in effects["--table"][1]) == (1, True)
    assert "squeeze ratio" not in plain
    assert effects["--row"][0] == 1
    assert (effects["--figure"][0], "Table 5.1" in effects["--figure"][1], "Table 5.1" in plain) == (0, False, True)
    in_one_line = " ".join(effects["--legacy-metric"][1].split())
    assert ("with the study's metric" in in_one_line, "study's metric" in " ".join(plain.split())) == (True, False)
    printed = json.loads(effects["--json"][1])
    assert {table["table"] for table in printed["tables"]} >= {"5.1"}
    assert all(Path(path).is_file() for path in printed["written"])


def test_a_data_set_that_equals_the_default_is_honoured(recorded):
    assert recorded("--dataset", "demo")[0] == 2


@pytest.mark.parametrize(("typed", "stored"), [("window", "segment"), ("segment", "segment"), ("clip", "clip")])
def test_the_unit_is_window_or_clip_and_is_stored_as_before(monkeypatch, typed, stored):
    """`segment`, the former name of `window`, is accepted, and goes on naming runs."""
    found = []
    monkeypatch.setattr(run_module, "_run", lambda paper, options, *others: found.append(options.unit) or 0)
    assert run_app(run_module.make_app(PAPER), ["--unit", typed]) == 0
    assert found == [stored]


def test_the_help_text_explains_every_split_and_unit_on_lines_of_its_own(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    assert run_app(run_module.make_app(PAPER), ["--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for name, meaning in (SPLIT_MEANINGS | UNIT_MEANINGS).items():
        assert f"{name}: {meaning}." in lines, name
    assert "window|clip" in " ".join(lines)
    assert "segment" not in " ".join(lines)


def test_a_search_takes_fresh_as_its_help_and_messages_say(capsys, monkeypatch, tmp_path):
    app = tune_module.make_app(PAPER, (TINY,))
    assert run_app(app, ["--help"]) == 0
    assert re.search(r"--fresh +Delete the search of this name and start again", capsys.readouterr().out)
    received = []
    monkeypatch.setattr("common.cli.search.search", lambda *given: received.append(given) or 0)
    assert run_app(app, ["--fresh", "--out", str(tmp_path), "--cache", str(tmp_path)]) == 0
    ((_, _, options, asked, *_),) = received
    assert (asked.fresh, options.fresh) == (True, False)
