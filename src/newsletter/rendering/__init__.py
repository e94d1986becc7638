"""From a digest to the bytes of a message: compiled once, cut at its marks, put together per reader."""
