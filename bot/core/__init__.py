"""The rules, and nothing but the rules: no I/O, no clock, no await, no randomness of its own.

Everything here can be called from a test with plain values. Time, chance and the
facts of the platform come in as parameters; imports stay inside `core`.
"""
