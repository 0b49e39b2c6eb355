"""Pure decisions: no Django, no clock, no randomness. Everything they need is an argument."""
