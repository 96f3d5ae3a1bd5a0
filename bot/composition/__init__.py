"""Composition: what the configuration says becomes the objects that run.

Law: besides the command line and `app`, the only package that knows the configuration. Everything else gets
plain values.
"""
