"""The demonstration: simulated people, who speak only HTTP to the stand-in, and the play they are in."""
