"""What a server has of its own: personas and their pictures, lorebooks, and the archive of all that."""
