"""Whether two texts are one story, and which version is canonical: pure rules without I/O or clock."""
