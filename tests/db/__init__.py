"""How statements are written; what they answer is shown by the tests of the API."""
