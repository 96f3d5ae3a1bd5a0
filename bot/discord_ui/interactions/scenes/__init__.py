"""Scenes that branch, and chats that become scenes."""
