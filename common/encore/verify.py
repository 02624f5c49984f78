"""`encore verify`: whether a results folder is what it claims to be. It writes nothing into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions, print_json, print_sentence
from common.core.console import is_verbose, say
from common.core.errors import DataError
from common.core.files import expanded
from common.core.option_groups import SPECIAL
from common.core.shell import shell_word
from common.core.words import counted
from common.records.paths import own_runs_in, result_subfolders
from common.verification.faults import Fault, Verified
from data_pipeline.cache import DEFAULT_CACHE, cache_folder

_HELP = """Check a results folder: records against their digests, tables against the records, the README against the
tables, and weights, checkpoints and the cache against their checksums. Nothing is written into it. Exit code: 0 if
everything holds, 1 if not."""
_KIND_WIDTH = 10
_NOT_CHECKED = "not checked: "


@dataclass(frozen=True)
class VerifyOptions:
    """What the command takes."""

    results: Annotated[Path, Argument(metavar="DIR", help="Folder of results, as commands write it.")] = Path("results")
    cache: Annotated[
        Path,
        Option(metavar="DIR", rich_help_panel=SPECIAL, help="Cache: features, downloaded weights, demo corpus."),
    ] = DEFAULT_CACHE


def make_app() -> typer.Typer:
    """The command line, not yet run."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=_HELP, cls=HelpCommand)(command_of(_verify, VerifyOptions, ScreenOptions, without=("wide",)))
    return app


def _verify(options: VerifyOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
    screen.apply()
    results, cache = expanded(options.results), cache_folder(options.cache)
    if not results.is_dir():
        raise DataError(
            f"{results}: no such folder; expected a folder of results. Name it, e.g. encore verify results, or go to "
            "the folder that holds it."
        )
    if not cache.is_dir() and "cache" in flags.typed:
        raise DataError(f"{cache}: no such folder; expected that of a cache. Give another one with --cache.")
    say(f"checking {results} ...")
    found = verify_folder(results, cache if cache.is_dir() else None)
    holds = not any(one.faults for one in found)
    if screen.json:
        print_json({"results": str(results), "holds": holds, "checks": [one.as_json() for one in found]})
    else:
        _print(found, holds)
    return 0 if holds else 1


def verify_folder(results: Path, cache: Path | None) -> list[Verified]:
    """Every check of a results folder.

    Args:
        cache: folder of the cache; None for none.

    Raises:
        DataError: it is no results folder: no subfolder is a paper's, and none has records where a paper has them.
    """
    # Imported here, so that help and wrong options need none of what makes tables.
    from common.verification.cache import verify_cache
    from common.verification.checkpoints import verify_checkpoints
    from common.verification.readme import has_headline, verify_readme
    from common.verification.records import verify_records
    from common.verification.tables import papers_in, verify_tables
    from common.verification.weights import verify_weights

    papers = papers_in(results)
    if not papers and not _has_records(results):
        own = own_runs_in(results)
        do = f"Check your own runs: encore verify {shell_word(own)}" if own.is_dir() else "Name the folder of --out"
        raise DataError(
            f"{results}: no subfolder is of a paper, so there is nothing to check; expected a folder of results, with "
            f"PAPER/DATASET/runs below it, e.g. se_cnn/gtzan/runs. {do}."
        )
    found = [verify_records(results), verify_tables(results)]
    readme = results.absolute().parent / "README.md"
    if has_headline(readme):
        found.append(verify_readme(readme, results))
    elif results.resolve() == own_runs_in(results.resolve().parent):
        found.append(Verified("README", "your own runs, which no README states numbers of"))
    else:
        found.append(Verified("README", f"{_NOT_CHECKED}no headline table in {readme}"))
    found += [verify_weights(results, cache), verify_checkpoints(results), verify_cache(cache)]
    others = [path for path in result_subfolders(results) if path.name not in papers]
    unchecked = tuple(f"{path}, which is not of a paper, beyond whether its JSON files can be read" for path in others)
    if own_runs_in(results).is_dir():
        own = own_runs_in(results)
        unchecked += (f"{own}, your own runs: encore verify {shell_word(own)}",)
    summary = f"{counted(len(papers), 'paper')}: {', '.join(papers)}" if papers else "no paper"
    return [Verified("folder", summary, {"papers": len(papers)}, unchecked=unchecked), *found]


def _has_records(results: Path) -> bool:
    """Whether records are where those of a paper are, which may be one of another version."""
    found = (path.relative_to(results).parts for path in results.glob("*/*/runs/*.json"))
    # A folder `searches` is below that of a data set, so a results folder is above.
    return any(parts[0] != "searches" for parts in found)


def _print(found: list[Verified], holds: bool) -> None:
    """What was found, first of all whether everything is right; then what is wrong, and what was not covered."""
    faults = sum(len(one.faults) for one in found)
    checked = _checked({one.kind: one.counts for one in found})
    result = "all right" if holds else f"{counted(faults, 'fault')}, checked"
    print_sentence(f"{result}: {checked}")
    for one in found:
        for remedy, alike in _by_remedy(one.faults).items():
            # Where several faults have the same remedy, it is said once, after the last.
            end = f" {remedy}" if len(alike) == 1 else ""
            for fault in alike:
                print_sentence(f"fault ({one.kind}): {fault.line}{end}")
            if not end:
                print_sentence(f"  {remedy}")
    if is_verbose():
        for one in found:
            print_sentence(f"{one.kind:{_KIND_WIDTH}}{one.summary}", indent=_KIND_WIDTH)
    not_covered = [text for one in found for text in one.unchecked]
    not_covered += [one.summary.replace(_NOT_CHECKED, f"{one.kind}: ") for one in found if _was_not_checked(one)]
    if not_covered:
        print_sentence("Not covered:")
    for text in not_covered:
        print_sentence(f"- {text}")


def _by_remedy(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    """Remedy -> the faults that have it."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.remedy, []).append(fault)
    return found


def _was_not_checked(one: Verified) -> bool:
    return one.summary.startswith(_NOT_CHECKED)


def _checked(counts: dict[str, dict[str, int]]) -> str:
    """What was looked at: `116 records, 95 table files, 66 figures`."""
    numbers = (
        (counts["records"].get("records", 0), "record"),
        (counts["records"].get("notes", 0), "note of a diverged run"),
        (counts["records"].get("sources", 0), "file of audits and searches"),
        (counts["tables"].get("files", 0), "table file"),
        (counts["tables"].get("compared_figures", 0), "figure"),
        (counts["README"].get("sentences", 0), "statement of the README"),
        (counts["weights"].get("kept", 0), "kept network"),
        (counts["weights"].get("downloaded", 0), "downloaded file"),
        (counts["weights"].get("demo_clips", 0), "demo clip"),
        (counts["work"].get("checkpoints", 0), "checkpoint"),
        (counts["cache"].get("shards", 0), "shard of features"),
        (counts["cache"].get("scans", 0), "list of duplicates"),
        (counts["cache"].get("unpacked", 0), "unpacked file"),
    )
    return ", ".join(_number(number, noun) for number, noun in numbers if number) or "nothing"


def _number(number: int, noun: str) -> str:
    head, of, rest = noun.partition(" of ")
    return counted(number, head) + of + rest
