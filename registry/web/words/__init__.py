"""Words and tones for codes, by subject; labels.py is where they are asked for."""
