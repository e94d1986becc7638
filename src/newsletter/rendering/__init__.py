"""From a digest to a message's bytes: compiled once, cut at its marks, put together per reader."""
