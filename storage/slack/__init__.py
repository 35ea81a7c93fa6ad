"""What Slack's edge remembers."""
