"""The own figures of automations: those that people enter."""
