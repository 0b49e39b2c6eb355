"""The delivery engine: what is due is claimed, sent and settled; limits, storms, breakers and fallbacks on the way."""
