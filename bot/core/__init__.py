"""The rules of the domain: no I/O, no clock, no await, no randomness of its own.

Law: everything here can be called from a test with plain values. Time, chance and the facts of the
platform are parameters; imports stay inside `core`.
"""
