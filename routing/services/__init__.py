"""Everything that changes something: each function is one transaction, or says why not."""
