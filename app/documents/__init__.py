"""Documents: making the main-user application's PDF, examining its signatures, and the sandbox's authority."""
