"""What can be varied in the small VGG."""

from common.paper import Spec


class VggSpec(Spec):
    """One variant of the network.

    Args:
        widths: channels of the blocks.
        dropout: rate before the classifier.
    """

    widths: tuple[int, ...] = (16, 32, 64)
    dropout: float = 0.25
