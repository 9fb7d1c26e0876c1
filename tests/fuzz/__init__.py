"""Fuzzing: what is fed with any bytes, and must refuse or read them."""
