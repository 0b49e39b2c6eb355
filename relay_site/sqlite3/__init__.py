"""Django's SQLite, with transactions that wait for the write lock in short steps."""
