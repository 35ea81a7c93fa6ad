"""Taking over, handing on, and what happens when somebody leaves."""
