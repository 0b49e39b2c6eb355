"""The application: receives, decides, stores, delivers and explains."""
