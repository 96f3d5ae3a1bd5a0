"""The storage: one SQLite file behind `History`, `Scenes`, `People` and the other stores.

Law: rows never leave this folder, only records do; every write is inside one `Database.transaction()`.
"""
