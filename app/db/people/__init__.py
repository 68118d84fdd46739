"""The people: who they are and which roles they hold: tables and questions."""
