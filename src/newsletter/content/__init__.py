"""What an issue says and who gets which part of it: values and pure functions, no effects."""
