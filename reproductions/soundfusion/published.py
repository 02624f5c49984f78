"""Published numbers of the study that are too many for its table declarations.

The slides show them as pictures; the numbers behind the pictures are in the notebooks of the authors' repository.
"""

GENRES = ("Electronic", "Experimental", "Folk", "Hip-Hop", "Instrumental", "International", "Pop", "Rock")
# Probability -> highest validation accuracy in percent, for (largest share, masks) in the order of GRID_1_COLUMNS.
GRID_1_COLUMNS = ((0.1, 1), (0.1, 2), (0.2, 1), (0.2, 2), (0.3, 1), (0.3, 2))
GRID_1 = {
    0.7: (54.875, 55.25, 57.125, 57.5, 56.375, 54.75),
    0.8: (55.5, 56.125, 56.25, 54.875, 55.125, 56.375),
    0.9: (56.375, 57.375, 58.25, 56.5, 56.0, 56.5),
    1.0: (56.375, 55.5, 57.125, 57.375, 57.625, 58.0),
}
# Largest share -> the same at probability 1, for 1, 2 and 3 masks.
GRID_2_MASKS = (1, 2, 3)
GRID_2 = {
    0.4: (56.375, 56.875, 54.5),
    0.5: (56.875, 56.25, 55.25),
    0.6: (56.875, 54.625, 51.5),
    0.7: (56.875, 56.375, 49.0),
}
# True genre x predicted genre, in clips of the test part (100 of each genre).
CONFUSION_SOUNDFUSION_1 = (
    (77, 4, 2, 8, 6, 0, 3, 0),
    (12, 68, 1, 0, 12, 1, 1, 5),
    (1, 0, 68, 2, 12, 0, 15, 2),
    (24, 4, 1, 67, 0, 3, 1, 0),
    (16, 18, 8, 0, 43, 2, 12, 1),
    (20, 3, 5, 4, 5, 61, 1, 1),
    (25, 23, 10, 7, 5, 7, 14, 9),
    (3, 9, 3, 0, 4, 1, 21, 59),
)
CONFUSION_RESNET2D_M = (
    (62, 7, 1, 8, 13, 3, 6, 0),
    (7, 63, 3, 0, 13, 2, 2, 10),
    (2, 4, 62, 0, 5, 1, 24, 2),
    (32, 2, 2, 53, 0, 5, 6, 0),
    (13, 16, 13, 0, 42, 0, 9, 7),
    (6, 5, 11, 2, 5, 69, 1, 1),
    (22, 18, 3, 8, 12, 3, 21, 13),
    (1, 4, 3, 0, 4, 3, 28, 57),
)
CONFUSION_RESNET1D_M = (
    (56, 7, 0, 15, 6, 5, 5, 6),
    (7, 40, 8, 6, 19, 7, 11, 2),
    (0, 35, 21, 1, 7, 5, 29, 2),
    (3, 4, 0, 83, 2, 2, 6, 0),
    (2, 29, 27, 1, 24, 5, 10, 2),
    (5, 5, 18, 8, 2, 50, 11, 1),
    (9, 6, 11, 24, 6, 6, 36, 2),
    (3, 16, 7, 4, 4, 3, 32, 31),
)
WIDTH_PARAMETERS = {
    "ResNet1D-s": 70_904,
    "ResNet1D-m": 280_040,
    "ResNet1D-l": 1_113_032,
    "ResNet2D-s": 445_176,
    "ResNet2D-m": 1_724_392,
    "ResNet2D-l": 6_784_968,
}
# Seconds of one epoch, from the same notebook as the width table.
WIDTH_SECONDS = {
    "ResNet1D-s": 121.0,
    "ResNet1D-m": 187.0,
    "ResNet1D-l": 390.0,
    "ResNet2D-s": 79.0,
    "ResNet2D-m": 153.0,
    "ResNet2D-l": 208.0,
}
