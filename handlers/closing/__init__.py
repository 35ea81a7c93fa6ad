"""From restored to done: what is missing, who checks it, and other endings."""
