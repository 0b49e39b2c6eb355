"""What operators set up: connections, targets, projects, the order of rules, accounts and tokens."""
