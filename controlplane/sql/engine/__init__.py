"""Django's PostgreSQL engine for threads that live as long as their process."""
