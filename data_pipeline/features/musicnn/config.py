"""Names, sizes and sample rate of musicnn's two pretrained networks."""

from typing import Literal

ModelName = Literal["MSD", "MTT"]
SAMPLE_RATE, HOP_SAMPLES, PATCH_FRAMES = 16000, 256, 187
# Layers that can be used as features, with their number of values: the maximum over time of all convolutional features,
# the last hidden layer, and the tags.
LAYERS = {"max_pool": 753, "penultimate": 200, "taggram": 50}
# Samples of a whole patch of 187 centred frames.
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP_SAMPLES
POOLED_SECONDS = 30.0
