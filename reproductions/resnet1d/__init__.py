"""ResNet1D (Donati and Borsatto 2022)."""
