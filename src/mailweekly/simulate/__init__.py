"""What each client makes of an edition: dark inversion, images off, dropped features. Pure."""
