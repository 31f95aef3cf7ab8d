"""Pages of blocks: what is stored, and how it is sealed."""
