"""What is remembered: one SQLite file, asked through `History`, `Scenes` and `People`.

Law: rows never leave this folder, only records do; every write is inside one `Database.transaction()`.
"""
