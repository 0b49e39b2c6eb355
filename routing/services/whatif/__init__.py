"""What would change: the saved rules, edited ones, or a silence, over the webhooks that came lately. Writes nothing."""
