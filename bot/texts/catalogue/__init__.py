"""The sentences themselves, in English, by theme: `players` and `hosts` join those of each."""
