"""One file per framework behind one protocol; frameworks are imported only when asked for."""
