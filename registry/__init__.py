"""CASA Registry: the shared database of small-arms control that S/2008/258 (para 59) asked for."""

__version__ = "0.1.0"
