"""Pages of blocks and variables: what is stored, and how it is sealed."""
