"""Lists in chat, and as files for spreadsheets and programs."""
