"""How far a State is on the control standards: the library, assessments, scores, gaps."""
