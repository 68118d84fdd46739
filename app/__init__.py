"""The service: its layers and areas are told in CONTRIBUTING.md."""
