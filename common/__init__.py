"""What every reproduced paper shares: specs, protocols, training, evaluation, records, tables, figures."""

import os

# TensorFlow writes pages of start-up messages at its default level; its errors still reach the console as exceptions.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
