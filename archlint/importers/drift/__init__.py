"""What a manifest states and reality does not."""
