"""What becomes of what people write, edit, delete, say as a persona, and roll."""
