"""The rules of eligibility.py and the score of score.py, over many pairs at once in columns: the same answers."""
