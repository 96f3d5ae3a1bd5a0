"""How the bot is seen from outside: metrics, health and readiness over HTTP, the log as JSON, systemd.

Law: nothing here is needed to play. Nothing is opened unless the host wants it, and what it shows has no
secret, no words and no ids of people, channels or servers.
"""
