"""What people send with today, as their documents say to use it; each program runs in an environment of its own."""
