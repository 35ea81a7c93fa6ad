"""The few shapes every feature is made of."""
