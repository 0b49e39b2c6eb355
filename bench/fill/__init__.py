"""A database with a long history: what the pages of the admin are timed with."""
