"""What posts show: pages, headings, buttons, and when they may go."""
