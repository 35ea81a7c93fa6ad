"""What every HTTP request passes: limits, addresses for machines, health."""
