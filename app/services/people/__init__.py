"""The people: who they are and which roles they hold: use cases."""
