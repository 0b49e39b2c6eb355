"""Form fields for what the configuration file writes as lists and mappings: conditions, windows, overlays, settings."""
