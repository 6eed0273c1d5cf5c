"""One file per kind of real device."""
