"""Reads: what services and edges need to know, in as few queries as it takes."""
