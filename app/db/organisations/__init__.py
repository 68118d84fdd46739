"""The organisations: their tree, data and membership: tables and questions."""
