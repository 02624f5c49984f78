"""The paper's figures of the data: examples of clips, their windows, and how many clips there are of each genre."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from common.core.console import say, warn
from common.core.errors import BudgetError, DataError, SpecError
from common.core.shell import shell_word
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.records.paths import ResultPaths
from common.reports import clip_figures, count_figures
from common.reports.figure_data import DataForFigures, Drawable, NotPossibleError
from common.reports.figures.files import save_unless_drawn
from common.reports.genre_counts import write_counts
from common.reports.groups import Group
from common.reports.run_figures import figure_title

_MODULES = (clip_figures.__name__, count_figures.__name__)

# Kind -> what says how a figure of the data is drawn.
_MAKERS: dict[str, Callable[[Paper, Figure, DataForFigures, Group], Drawable]] = {
    "spectrogram": clip_figures.spectrogram_figure,
    "spectrograms": clip_figures.spectrograms_figure,
    "waveforms": clip_figures.waveforms_figure,
    "windows": clip_figures.windows_figure,
    "waveform_windows": clip_figures.windows_figure,
    "feature_extraction": clip_figures.feature_extraction_figure,
    "copies": clip_figures.copies_figure,
    "approach": clip_figures.approach_figure,
    "distribution": count_figures.distribution_figure,
    "genre_sizes": count_figures.genre_sizes_figure,
}


@dataclass
class DrawnFigures:
    """What was drawn, and what could not be.

    Args:
        paths: id of each figure that was drawn -> its files.
        missing: id of each figure that was not -> why, in words.
        clips: id of each figure of clips -> name of each clip that it shows -> its audio file, or the file with its
            array.
    """

    paths: dict[str, list[Path]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    clips: dict[str, dict[str, Path]] = field(default_factory=dict)


def write_data_figures(
    paper: Paper, group: Group, data: DataForFigures, results: ResultPaths, ids: Collection[str] | None = None
) -> DrawnFigures:
    """Draw the paper's figures of the data.

    Args:
        group: its setting and tag give the names of the files; `approach` takes a run of the default row from its
            records. Where there are no records: `Group(setting, conditions="", records=())`.
        ids: of the figures that are wanted, of any kind; those that need no data are ignored. None for all.

    Returns:
        The files, and why a figure cannot be made of these data. A clip or a file that cannot be read leaves out its
        figure, with a warning.
    """
    drawn = DrawnFigures()
    for figure in paper.figures:
        if figure.needs != Needs.DATA or (ids is not None and figure.id not in ids):
            continue
        try:
            made = _MAKERS[figure.kind](paper, figure, data, group)
            stem = results.figures / (
                group.stem("figure", figure.id, paper) if made.of_run else group.data_figure_stem(figure.id, paper)
            )
            drawn.paths[figure.id] = save_unless_drawn(made.draw, made.made_from, stem, *_MODULES)
            if made.counts is not None:
                drawn.paths[figure.id].append(write_counts(made.counts, stem, figure_title(paper, figure)))
        except NotPossibleError as reason:
            drawn.missing[figure.id] = str(reason)
            continue
        except (DataError, BudgetError, SpecError) as error:
            drawn.missing[figure.id] = str(error)
            if ids is None:  # figures that were asked for are named with the others that are missing
                warn(f"figure {figure.id} is not drawn: {error}")
            continue
        drawn.clips[figure.id] = {clip.track.id: clip.track.path for clip in made.clips}
        if figure.listen and ids is not None:
            say(f"clips of figure {figure.id}:")
            for clip in made.clips:
                say(f"  {clip.track.label}: {shell_word(str(clip.track.path))}")
    return drawn
