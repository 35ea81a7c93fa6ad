"""What Lotse can do, what waits for me, and the home tab."""
