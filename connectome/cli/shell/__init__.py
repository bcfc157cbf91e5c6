"""What shells ask of the commands."""
