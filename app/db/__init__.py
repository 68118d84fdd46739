"""Tables, and the questions asked of them: rows in, values out."""
