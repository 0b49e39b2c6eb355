"""Configuration as one document: read, checked, compared, applied, exported, tested. The file and the API share it."""
