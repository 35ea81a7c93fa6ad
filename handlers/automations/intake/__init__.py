"""The intake: what automations report, and the addresses and recipes for it."""
