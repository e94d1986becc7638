"""Lists as files, and people as files: read at the edge, told precisely what is wrong with them."""
