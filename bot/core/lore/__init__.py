"""Lore: which entries of lorebooks a reply is told, and why."""
