"""Numbers of the study's slides and repository."""

# Row of the final table -> accuracy, weighted and macro F1, in percent.
FINAL = {
    "CNN 1D + GRU": (69.1, 67.4, 55.6),
    "CNN 1D + LSTM": (69.69, 68.64, 59.8),
    "CNN 2D + LSTM": (70.83, 69.7, 60.77),
    "CNN 2D + GRU": (71.4, 70.28, 61.9),
}
# Step of the study's progress -> validation accuracy in percent, as its repository's page of results gives it.
VARIANTS = {
    "CNN 1D + GRU, ReduceLROnPlateau": 65.0,
    "CNN 1D + GRU, augmentation": 69.0,
    "CNN 1D + LSTM, one direction": 68.0,
    "CNN 1D + LSTM, global pooling": 68.0,
    "CNN 1D + LSTM, StepLR": 69.0,
    "CNN 1D + LSTM, second search": 71.3,
    "CNN 2D + LSTM, first run": 71.0,
    "CNN 2D + GRU, first run": 72.0,
}
GENRES = (
    "Classical",
    "Electronic",
    "Experimental",
    "Folk",
    "Hip-Hop",
    "Instrumental",
    "International",
    "Jazz",
    "Old-Time / Historic",
    "Pop",
    "Rock",
    "Spoken",
)
# CNN 2D + GRU: true genre x predicted genre, in percent of the true genre's tracks.
CONFUSION = (
    (81, 4, 7, 1, 0, 3, 0, 1, 0, 0, 2, 0),
    (0, 73, 12, 1, 3, 2, 1, 0, 0, 2, 6, 0),
    (0, 8, 73, 2, 1, 2, 0, 0, 0, 2, 11, 1),
    (1, 0, 9, 57, 1, 5, 2, 0, 1, 3, 20, 2),
    (0, 18, 2, 1, 74, 0, 0, 0, 0, 1, 4, 1),
    (5, 18, 26, 2, 0, 32, 1, 1, 0, 1, 14, 0),
    (1, 11, 4, 12, 1, 2, 55, 0, 0, 3, 10, 1),
    (2, 2, 40, 2, 0, 5, 3, 24, 0, 0, 19, 3),
    (0, 0, 4, 0, 0, 0, 0, 0, 96, 0, 0, 0),
    (0, 16, 15, 11, 3, 2, 1, 0, 0, 20, 31, 1),
    (0, 2, 5, 2, 0, 1, 0, 0, 0, 0, 88, 1),
    (0, 7, 30, 0, 0, 2, 0, 2, 0, 0, 9, 49),
)
