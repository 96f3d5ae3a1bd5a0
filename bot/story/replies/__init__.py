"""One reply: from waiting for the floor to the record of its posts."""
