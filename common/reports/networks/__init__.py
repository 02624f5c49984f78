"""Networks as the boxes of their pictures: layers of the built models, grouped into what a reader sees as one part."""
