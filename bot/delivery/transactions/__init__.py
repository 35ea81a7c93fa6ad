"""What dispatch stands on: the context of a transaction, and the road in for machines."""
