"""Personas as people see, write, try and propose them."""
