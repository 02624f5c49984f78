"""How much a page may hold: apart from what writes it, so that a help text starts fast."""

MEGABYTE = 1_000_000
# Most bytes of clip decisions, packed, without the flag.
CLIP_DATA_BYTES = 1 * MEGABYTE
CLIP_DATA_FLAG = "--clip-data-mb"
