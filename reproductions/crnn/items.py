"""The items of the slides on the CNN + RNN networks, in its order, and what makes them again."""

from common.paper import DocumentItem

ITEMS = (
    DocumentItem("Dataset and exploration: tracks of each genre", figures=("genre_distribution",)),
    DocumentItem("Dataset and exploration: waveform of a track", figures=("waveform",)),
    DocumentItem(
        "Word cloud of the genres",
        figures=("wordcloud",),
        note="Drawn as bars. The slides name 16 genres without numbers; the study's repository has twelve of them.",
    ),
    DocumentItem("Feature extraction: from audio to a mel spectrogram", figures=("feature_extraction",)),
    DocumentItem("CNN-1D", figures=("cnn1d",)),
    DocumentItem("CNN-1D + GRU", figures=("cnn1d_gru",)),
    DocumentItem("CNN-1D + LSTM", figures=("cnn1d_lstm",)),
    DocumentItem("CNN-2D", figures=("cnn2d",)),
    DocumentItem("CNN-2D + GRU", figures=("cnn2d_gru",)),
    DocumentItem("CNN-2D + LSTM", figures=("cnn2d_lstm",)),
    DocumentItem("CNN(1D)-GRU: sweep.yaml", tables=("sweep_values",), searches=("sweep",)),
    DocumentItem("CNN(1D)-GRU: validation against training loss", figures=("cnn1d_gru_loss",)),
    DocumentItem("CNN(1D)-LSTM: validation against training loss", figures=("cnn1d_lstm_loss",)),
    DocumentItem("CNN(1D)-LSTM: learning rate", figures=("learning_rate",)),
    DocumentItem("CNN(1D)-LSTM: values of the second sweep", tables=("sweep_values_2",), searches=("second",)),
    DocumentItem("CNN(1D): GRU against LSTM", figures=("gru_vs_lstm",)),
    DocumentItem("CNN(2D)-LSTM: curves", figures=("cnn2d_lstm_curves",)),
    DocumentItem("CNN(2D)-GRU: curves", figures=("cnn2d_gru_curves",)),
    DocumentItem(
        "First models and improvements",
        tables=("variants",),
        note="The accuracies are those of the study's repository.",
    ),
    DocumentItem("Final analysis: validation loss and macro F1", figures=("curves",)),
    DocumentItem("Final analysis: accuracy and F1 of four networks", tables=("final",)),
    DocumentItem("Final analysis: t-SNE", figures=("tsne",)),
    DocumentItem("Final analysis: mel spectrograms of rock, pop and electronic", figures=("mel",)),
    DocumentItem(
        "Confusion matrix of CNN 2D + GRU", tables=("cnn2d_gru",), note="It is in the study's repository only."
    ),
)
