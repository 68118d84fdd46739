"""Images: what others send is decoded in a limited process and drawn anew."""
