"""Macros: what stands for something else in the texts of admins, such as `{{user}}` and `{{random:a,b}}`."""
