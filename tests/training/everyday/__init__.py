"""The everyday data set, from graphs to training files. Nothing is downloaded here."""
