"""What is stored about people: seen, exported, erased, and let go of in time."""
