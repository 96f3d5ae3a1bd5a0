"""The posts of a turn: pages, headings, buttons, and the pace of requests."""
