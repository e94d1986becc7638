"""What comes back: leaves, bounces, complaints, and how often links are opened."""
