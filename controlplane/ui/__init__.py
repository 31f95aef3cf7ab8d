"""The page kit: one look, one set of elements, for every room that shows HTML."""
