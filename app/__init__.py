"""The service: CONTRIBUTING.md explains its layers and areas."""
