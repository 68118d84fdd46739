"""Documents: makes the main-user application's PDF and examines its signatures."""
