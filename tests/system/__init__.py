"""Black-box tests: the command line in a publication of its own, a real relay beside it."""
