"""Services: what people depend on, and who answers for each."""
