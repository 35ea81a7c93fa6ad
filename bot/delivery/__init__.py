"""The one road in and out: requests, transactions, the outbox and the clock."""
