"""What the API says of itself: its document, and the texts of its problems."""
