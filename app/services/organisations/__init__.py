"""The organisations: their tree, data and membership: use cases."""
