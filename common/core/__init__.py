"""The base that all other packages build on: errors, files, console messages, specs. No Keras, no audio."""
