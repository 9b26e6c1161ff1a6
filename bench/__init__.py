"""The project's own benchmark: the real server, real HTTP, and a floor to compare with."""
