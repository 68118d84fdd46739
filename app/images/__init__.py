"""Images: uploaded ones are decoded in a limited process and drawn again."""
