"""What all commands and controls are made of: services, rights, answers, panels and forms."""
