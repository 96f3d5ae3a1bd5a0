"""What people do with turns that exist: new text, an edit, a removal, and back."""
