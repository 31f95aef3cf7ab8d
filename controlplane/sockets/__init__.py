"""The websocket kit: one socket, its handshake, its doors, its end."""
