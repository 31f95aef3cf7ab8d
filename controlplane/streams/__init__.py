"""Streams: what comes in is batched (mailbox), what happens is announced (doorbell) and followed by cursor (tail)."""
