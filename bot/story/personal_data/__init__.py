"""What is stored about people, and what of it goes: by request, by age, and with channels and servers."""
