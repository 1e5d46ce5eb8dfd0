"""The loop as a whole: standard → gap → need → match → commitment → programme → result → asked again → gap closed."""
