"""Acts on many: planned, stored as a job, worked off by the worker in small steps, cancelled while running."""
