"""Figures of clips: their samples, their spectrograms, the windows that are cut from them, their altered copies.

Each function says how a figure of its kind is drawn, or raises `NotPossibleError`: (paper, figure, data, group of the
records that the figure may show).
"""

import numpy as np
from matplotlib.figure import Figure as Drawing

from common.core.words import counted
from common.paper.experiment import Input
from common.paper.figures import Figure
from common.paper.paper import Paper
from common.paper.protocol import fold_name
from common.records.record import Record
from common.reports.figure_data import (
    DataForFigures,
    Drawable,
    NotPossibleError,
    experiments_shown,
    inputs_shown,
)
from common.reports.figures.data import (
    Answers,
    Picture,
    Sound,
    draw_approach,
    draw_feature_extraction,
    draw_spectrogram,
    draw_spectrograms,
    draw_waveform_windows,
    draw_waveforms,
    draw_windows,
)
from common.reports.groups import Group
from common.reports.run_figures import figure_title
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache.examples import ExampleClip
from data_pipeline.datasets.catalog import Track
from data_pipeline.features import Feature
from data_pipeline.features.names import feature_name
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.waveform import Waveform


def _is_picture(feature: Feature) -> bool:
    """Whether a feature has several bins in an order that can be shown, as embeddings have not."""
    return feature.kind not in ("musicnn", "waveform") and feature.bins > 1


def _picture_input(paper: Paper, figure: Figure, data: DataForFigures) -> Input:
    found = next((given for given in inputs_shown(paper, figure, data) if _is_picture(given.feature)), None)
    if found is None:
        raise NotPossibleError(f"it shows spectrograms, and no network of {paper.key} takes any of these data")
    return found


def _samples_input(paper: Paper, figure: Figure, data: DataForFigures) -> Input:
    inputs = inputs_shown(paper, figure, data)
    found = next((given for given in inputs if given.feature.bins == 1), None)
    if found is None:
        of_arrays = any(isinstance(given.feature, Precomputed) for given in inputs)
        why = "the arrays are spectrograms" if of_arrays else f"no network of {paper.key} takes any"
        raise NotPossibleError(f"it shows windows of samples, and {why}")
    return found


def _samples_feature(paper: Paper, figure: Figure, data: DataForFigures) -> Feature:
    """Samples as a network takes them, or at the sample rate of what the networks take."""
    features = [given.feature for given in inputs_shown(paper, figure, data)]
    found = next((feature for feature in features if feature.bins == 1), None)
    if found is not None:
        return found
    audio = next((feature for feature in features if not isinstance(feature, Precomputed)), None)
    if audio is None:
        raise NotPossibleError("it shows samples, and the arrays are spectrograms")
    return Waveform(sample_rate=audio.sample_rate)


def _first_clip(data: DataForFigures, given: Input) -> ExampleClip:
    """The first clip that has a window."""
    frames = given.windows.window_frames(given.feature.frames_per_second)
    clip = next(data.reader.clips(data.reader.usable, given.feature, least_frames=frames), None)
    if clip is None:
        raise NotPossibleError(f"no clip is as long as a window of {given.windows.seconds:g} s")
    return clip


def _clips_of_genres(figure: Figure, data: DataForFigures, feature: Feature) -> list[list[ExampleClip]]:
    """The first clips of each of the figure's genres; genres that the data lack are replaced by others."""
    of_genre: dict[str, list[Track]] = {}
    for track in data.reader.usable:
        of_genre.setdefault(track.label, []).append(track)
    wanted = {genre.casefold(): place for place, genre in enumerate(figure.genres)}
    in_order = sorted(of_genre, key=lambda genre: (wanted.get(genre.casefold(), len(wanted)), genre))
    found = []
    for genre in in_order[: len(wanted)]:
        clips = data.reader.clips(of_genre[genre], feature)
        found += [[clip for _, clip in zip(range(figure.clips), clips, strict=False)]]
    found = [clips for clips in found if clips]
    if not found:
        raise NotPossibleError("no clip can be used")
    return found


def _lacking(figure: Figure, data: DataForFigures) -> str:
    """The figure's genres that the data lack, for its title."""
    there = {track.label.casefold() for track in data.reader.usable}
    lacking = [genre for genre in figure.genres if genre.casefold() not in there]
    return f"\nnot in these data, and replaced by others: {', '.join(lacking)}" if lacking else ""


def _source(clip: ExampleClip) -> list:
    return [clip.track.id, clip.track.label, clip.source_sha256, clip.feature]


def _bins_label(feature: Feature) -> str:
    if hasattr(feature, "n_mels"):
        return "coefficient" if feature.kind == "mfcc" else "mel band"
    return "STFT bin" if feature.kind == "stft_db" else "bin"


def _values_label(feature: Feature) -> str:
    return {
        "stft_db": "dB relative to the clip's maximum",
        "log_mel": "dB relative to the clip's maximum",
        "torch_mel": "dB",
        "decibel_mel": "dB",
        "min_max_mel": "dB, scaled to 0 to 1",
        "mfcc": "coefficient, scaled to 0 to 1",
    }.get(feature.kind, "value")


def _shown_values(clip: ExampleClip) -> np.ndarray:
    """The values of the first channel, (frames, bins); in dB where the stored ones stand for a known range of them."""
    feature = clip.feature
    values = clip.values[:, : feature.bins // feature.channels]
    return (values - 1) * feature.top_db if feature.kind in ("stft_db", "log_mel") else values


def _picture(clip: ExampleClip, title: str) -> Picture:
    return Picture(title, _shown_values(clip), clip.seconds)


def _sound(clip: ExampleClip, title: str) -> Sound:
    return Sound(title, clip.values[:, 0], clip.seconds)


def _channel(feature: Feature) -> str:
    """For the title of a figure that shows one channel of several."""
    return f", the first of {feature.channels} channels" if feature.channels > 1 else ""


def _name(clip: ExampleClip) -> str:
    return f"{clip.track.label}: {clip.track.id}"


def _heading(figure: Figure, clip: ExampleClip) -> str:
    """Of one of several clips of its genre: the genre in capitals, as a heading above them."""
    return _name(clip) if figure.clips == 1 else f"{clip.track.label.upper()}: {clip.track.id}"


def spectrogram_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """One clip's spectrogram."""
    clip = _first_clip(data, _picture_input(paper, figure, data))
    feature = clip.feature
    title = f"{figure_title(paper, figure)}{_channel(feature)}\n{clip.track.id}"

    def draw() -> Drawing:
        return draw_spectrogram(
            _picture(clip, title),
            bins_label=_bins_label(feature),
            values_label=_values_label(feature),
            bin_hz=feature.sample_rate / feature.n_fft if feature.kind == "stft_db" else None,
        )

    return Drawable(draw, [title, figure, _source(clip)], [clip])


def spectrograms_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """Spectrograms of clips of each of the figure's genres."""
    feature = _picture_input(paper, figure, data).feature
    lines = _clips_of_genres(figure, data, feature)
    title = f"{figure_title(paper, figure)}\n{feature_name(feature)}{_channel(feature)}{_lacking(figure, data)}"
    clips = [clip for line in lines for clip in line]

    def draw() -> Drawing:
        pictures = [[_picture(clip, _heading(figure, clip)) for clip in line] for line in lines]
        return draw_spectrograms(
            pictures, title=title, bins_label=_bins_label(feature), values_label=_values_label(feature)
        )

    return Drawable(draw, [title, figure, [_source(clip) for clip in clips]], clips)


def waveforms_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """Samples of clips of each of the figure's genres."""
    lines = _clips_of_genres(figure, data, _samples_feature(paper, figure, data))
    title = f"{figure_title(paper, figure)}{_lacking(figure, data)}"
    clips = [clip for line in lines for clip in line]

    def draw() -> Drawing:
        return draw_waveforms([_sound(clip, _name(clip)) for clip in clips], title=title)

    return Drawable(draw, [title, figure, [_source(clip) for clip in clips]], clips)


def windows_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """One clip and the windows that are cut from it: of samples where the kind is `waveform_windows`."""
    of_samples = figure.kind == "waveform_windows"
    given = (_samples_input if of_samples else _picture_input)(paper, figure, data)
    clip = _first_clip(data, given)
    fps = given.feature.frames_per_second
    starts, frames = given.windows.starts(len(clip.values), fps), given.windows.window_frames(fps)
    unit = "samples" if of_samples else "frames"
    title = f"{figure_title(paper, figure)}{_channel(given.feature)}\n"
    title += f"{clip.track.id}: {counted(len(starts), 'window')} of {frames:,} {unit}"

    def draw() -> Drawing:
        if of_samples:
            return draw_waveform_windows(_sound(clip, title), starts, frames)
        return draw_windows(_picture(clip, title), starts, frames)

    return Drawable(draw, [title, figure, frames, starts.tolist(), _source(clip)], [clip])


def feature_extraction_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """One clip's samples and its spectrogram."""
    feature = _picture_input(paper, figure, data).feature
    if isinstance(feature, Precomputed):
        raise NotPossibleError("it shows samples and what is made of them, and the arrays are spectrograms")
    clip = next(data.reader.clips(data.reader.usable, feature), None)
    samples = clip and next(data.reader.clips([clip.track], Waveform(sample_rate=feature.sample_rate)), None)
    if not samples:
        raise NotPossibleError("no clip can be used")
    title = figure_title(paper, figure)

    def draw() -> Drawing:
        return draw_feature_extraction(
            _sound(samples, f"{_name(clip)}, {feature.sample_rate:,} samples per second"),
            _picture(clip, f"{feature_name(feature).removesuffix('s')}{_channel(feature)}"),
            title=title,
            bins_label=_bins_label(feature),
            values_label=_values_label(feature),
        )

    return Drawable(draw, [title, figure, _source(clip), _source(samples)], [clip])


def copies_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """Spectrograms of clips and of their altered copies."""
    found = (
        (given.feature, experiment.copies)
        for experiment in experiments_shown(paper, figure, data)
        for given in experiment.inputs
        if experiment.copies is not None and _is_picture(given.feature)
    )
    feature, copies = next(found, (None, None))
    if feature is None:
        raise NotPossibleError(f"no network of {paper.key} trains on spectrograms of altered copies")
    if isinstance(feature, Precomputed):
        raise NotPossibleError("altered copies are made of audio, and these are arrays")
    clips = [clip for line in _clips_of_genres(figure, data, feature) for clip in line]
    altered = list(data.reader.clips([clip.track for clip in clips], feature, copies=copies))
    title = f"{figure_title(paper, figure)}\n{feature_name(feature)}{_lacking(figure, data)}"

    def draw() -> Drawing:
        pairs = [
            [_picture(clip, _name(clip)), _picture(copy, _of_copy(copies, clip))]
            for clip, copy in zip(clips, altered, strict=True)
        ]
        return draw_spectrograms(
            pairs, title=title, bins_label=_bins_label(feature), values_label=_values_label(feature)
        )

    return Drawable(draw, [title, figure, copies, [_source(clip) for clip in (*clips, *altered)]], clips)


def _of_copy(copies: OfflineAugmentation, clip: ExampleClip) -> str:
    """Title of an altered copy."""
    shift, tempo = copies.drawn(clip.track.id)
    return f"copy: noise, {shift:.2f} s later, tempo {tempo:g}"


def approach_figure(paper: Paper, figure: Figure, data: DataForFigures, group: Group) -> Drawable:
    """One clip's windows, and, where a run of the figure's row tested clips, its answer to one of them."""
    given = _samples_input(paper, figure, data)
    fps = given.feature.frames_per_second
    frames = given.windows.window_frames(fps)
    record = _record_of(paper, figure, group)
    clip = tested = None
    if record is not None:
        of_id = {track.id: track for track in data.reader.usable}
        tested = next((result for result in record.clips if result.id in of_id), None)
        if tested is not None:
            clip = next(data.reader.clips([of_id[tested.id]], given.feature, least_frames=frames), None)
    if clip is None:
        tested, clip = None, _first_clip(data, given)
    starts = given.windows.starts(len(clip.values), fps)
    title = figure_title(paper, figure)
    answers = None
    if tested is None:
        title += "\nwithout a run: the samples and the windows that a network is given"
    else:
        place = f", {fold_name(record.setting.split)} {record.fold + 1} of {record.folds}" if record.folds > 1 else ""
        run = f"{_label(paper, figure)}, seed {record.seed}{place}, {counted(len(record.history), 'epoch')}"
        title += f"\n{run}; {record.setting.scale} scale"
        answers = Answers(record.data.genres, tested.votes, tested.mean_softmax, tested.label)
    name = f"{_name(clip)}{' (of the test part)' if tested else ''}"

    def draw() -> Drawing:
        return draw_approach(_sound(clip, name), starts, frames, answers, title=title)

    made_from = [title, figure, frames, starts.tolist(), _source(clip), answers]
    return Drawable(draw, made_from, [clip], of_run=tested is not None)


def _label(paper: Paper, figure: Figure) -> str:
    return (figure.rows[0] if figure.rows else paper.default_row)[1]


def _record_of(paper: Paper, figure: Figure, group: Group) -> Record | None:
    """The first run of the figure's row that tested clips: of the first seed, the first fold."""
    digest = paper.row(*(figure.rows[0] if figure.rows else paper.default_row)).experiment.digest
    runs = [record for record in group.records if record.row_experiment == digest and record.clips]
    return min(runs, key=lambda record: (record.seed, record.fold), default=None)
