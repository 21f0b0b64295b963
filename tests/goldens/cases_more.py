"""Goldens of the remaining 8-bit operators."""


def make(w):
    pass
