"""Ages under 18 in the texts of a persona: which words and macros give one."""
