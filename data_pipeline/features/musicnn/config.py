"""Names, sizes and rates of musicnn's two trained networks."""

from typing import Literal

ModelName = Literal["MSD", "MTT"]
SAMPLE_RATE, HOP_SAMPLES, PATCH_FRAMES = 16000, 256, 187
# Layers whose values can be taken, with how many there are: the maximum over time of all that was found in the
# spectrogram, the last hidden layer, and the tags.
LAYERS = {"max_pool": 753, "penultimate": 200, "taggram": 50}
# Samples of a whole patch of 187 centred frames.
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP_SAMPLES
POOLED_SECONDS = 30.0
