"""Small integrations, each on a client that a program of others generates from the OpenAPI document."""
