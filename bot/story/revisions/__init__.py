"""What people do with turns that exist: another variant, an edit, a removal, and back."""
