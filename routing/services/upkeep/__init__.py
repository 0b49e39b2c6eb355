"""What the relay does about itself: its rhythm and its notices, its keys, and its move to another database."""
