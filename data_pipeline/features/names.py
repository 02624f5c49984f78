"""What features are called in messages, with what tells two of one kind apart."""

from data_pipeline.features import Feature

_KINDS = {
    "stft_db": "STFT spectrograms",
    "log_mel": "log-mel spectrograms",
    "torch_mel": "log-mel spectrograms",
    "decibel_mel": "log-mel spectrograms",
    "min_max_mel": "log-mel spectrograms",
    "musicnn": "musicnn embeddings",
    "precomputed": "spectrograms",
}


def feature_name(feature: Feature) -> str:
    """A feature in the plural, e.g. `64-band log-mel spectrograms`; for a bar that is cut, what differs comes first."""
    if feature.kind == "waveform":
        return f"{feature.sample_rate} Hz waveforms"
    if feature.kind == "mfcc":
        return f"{feature.n_mfcc} MFCC"
    if hasattr(feature, "n_mels"):
        return f"{feature.n_mels}-band {_KINDS[feature.kind]}"
    if feature.kind == "musicnn":
        return _KINDS[feature.kind]
    return f"{feature.bins}-bin {_KINDS[feature.kind]}"
