"""What asks outward, and only when told: links, spam filters."""
