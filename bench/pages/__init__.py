"""Times the pages people look at, over a database with a long history."""
