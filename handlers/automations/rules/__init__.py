"""The rules by which a state is computed: rhythms, calendar, standing."""
