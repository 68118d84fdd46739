"""Documents: making the main-user application's PDF, and examining its signatures."""
