"""The doors and the process: whoever talks with people or organisers from outside lives here."""
