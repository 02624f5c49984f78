"""What everything stands on: errors, files, console messages, specs. No Keras, no audio."""
