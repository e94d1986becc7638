"""What comes back from readers."""
