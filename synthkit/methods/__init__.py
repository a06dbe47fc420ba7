"""A method as a value: by its name, from a file with its lines, and back."""
