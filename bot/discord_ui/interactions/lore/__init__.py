"""Servers' own lorebooks: brought, shown, and what admins may read."""
