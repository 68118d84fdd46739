"""The organisations: their tree, data and membership: the edge."""
