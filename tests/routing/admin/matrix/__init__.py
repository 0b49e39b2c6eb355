"""Every page and button of the admin, tried as every role."""
