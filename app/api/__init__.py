"""The edge: routes, the shapes of bodies, and the conventions of every operation."""
