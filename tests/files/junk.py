"""Values that people write where another kind is wanted."""

JUNK = [
    "",
    "true",
    "5",
    "-1",
    "1e9",
    "9" * 30,
    "x",
    "''",
    "[]",
    "{}",
    "[x]",
    "[{x: 1}]",
    "{x: 1}",
    "{5: [x]}",
    "'~'",
]
