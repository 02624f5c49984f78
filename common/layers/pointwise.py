"""Convolutions with a kernel of one value that leave out positions.

oneDNN, which computes TensorFlow's convolutions on CPUs, writes past the end of its working memory in the gradient of
such a kernel, where the number of input channels is no multiple of 16 and the stride is larger than 1 (TensorFlow 2.21,
AVX-512): a training ended with "corrupted size vs. prev_size", or went on with damaged memory. Here the positions are
left out first, and the convolution has no stride, which gives the same values.
"""

import keras
from keras import ops


class _Pointwise:
    """How a convolution layer with a kernel of one value is computed."""

    def convolution_op(self, inputs, kernel):
        """Convolve the positions that the strides leave: (batch, positions, ..., channels) -> (..., filters)."""
        if self.data_format != "channels_last":
            raise ValueError(f"{self.name}: data format {self.data_format}, expected channels_last")
        kept = inputs[(slice(None), *(slice(None, None, stride) for stride in self.strides))]
        return ops.conv(kept, kernel, strides=1, padding="valid", data_format=self.data_format)


class Conv1D(_Pointwise, keras.layers.Conv1D):
    """`keras.layers.Conv1D` with a kernel of one value."""


class Conv2D(_Pointwise, keras.layers.Conv2D):
    """`keras.layers.Conv2D` with a kernel of one value."""
