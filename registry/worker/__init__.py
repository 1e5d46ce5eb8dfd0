"""When which slice's work runs: the ticker over the leased schedule table."""
