"""The tests, in the same layers and areas as the service."""
