"""Tests: the layout is that of the package."""

import gc

gc.set_threshold(20_000)  # importing and composing make many objects that stay
