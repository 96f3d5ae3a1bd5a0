"""What people do in the story by commands: talk, let the story go on, speak as a persona, meet it."""
