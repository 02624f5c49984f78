"""Numbers of the study: train, validation and test accuracy in percent, means of three runs."""

# Network -> condition -> (train, validation, test).
TABLE_1 = {
    "Baseline": {
        "original": (68.33, 58.33, 43.78),
        "augmentation": (90.74, 77.92, 60.67),
    },
    "Base1DCNN": {
        "original": (71.6, 54.17, 54.44),
        "augmentation": (85.22, 78.33, 61.33),
    },
    "MTT Embed": {
        "original": (74.07, 66.67, 62.0),
        "augmentation": (82.78, 90.83, 73.78),
    },
    "MSD Embed": {
        "original": (83.77, 76.67, 80.44),
        "augmentation": (86.42, 92.08, 86.67),
    },
    "Base2DCNN": {
        "original": (85.62, 70.83, 69.11),
        "augmentation": (86.73, 87.5, 73.78),
        "segmentation": (94.53, 76.55, 70.89),
        "augmentation + segmentation": (92.4, 77.62, 73.33),
    },
    "Q1+MSD Embed": {
        "original": (84.69, 62.5, 55.78),
        "augmentation": (92.28, 80.0, 74.89),
    },
    "Base2DCNN+MSD": {
        "original": (87.72, 70.83, 69.11),
        "augmentation": (91.94, 90.0, 79.33),
        "segmentation": (95.55, 83.1, 81.0),
        "augmentation + segmentation": (94.7, 85.54, 84.0),
    },
    "ResNet34+MSD": {
        "original": (94.26, 80.0, 82.0),
        "augmentation": (96.67, 98.33, 83.56),
        "segmentation": (97.05, 89.17, 84.89),
        "augmentation + segmentation": (99.59, 91.97, 86.0),
    },
}
TABLE_2 = {
    "VGG13": (97.95, 82.96, 76.22),
    "VGG16": (97.66, 85.08, 78.22),
    "VGG19": (93.53, 81.01, 75.56),
    "ResNet18": (98.19, 73.33, 77.78),
    "ResNet34": (99.06, 85.08, 80.44),
    "ResNet50": (99.35, 83.3, 78.44),
    "ResNet101": (99.06, 82.1, 78.0),
}
GENRES = ("classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae")
# ResNet34+MSD: true genre x predicted genre; clips of three runs added up (the table prints thirds of them).
TABLE_3 = (
    (60, 0, 0, 0, 0, 0, 0, 0),
    (0, 40, 3, 0, 6, 1, 19, 0),
    (0, 0, 61, 2, 0, 0, 3, 0),
    (0, 0, 0, 54, 0, 0, 0, 0),
    (3, 2, 0, 0, 46, 0, 0, 0),
    (0, 0, 0, 0, 0, 59, 1, 0),
    (0, 4, 0, 5, 0, 0, 29, 1),
    (0, 5, 1, 5, 1, 0, 1, 38),
)
# As the table prints them: thirds, truncated to one decimal.
TABLE_3_PRINTED = tuple(tuple(clips * 10 // 3 / 10 for clips in line) for line in TABLE_3)
