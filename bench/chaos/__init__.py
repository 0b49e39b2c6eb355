"""kill -9 at random moments under load, and a checker that compares what three parties say happened."""
