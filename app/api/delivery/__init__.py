"""What leaves the service: mails, what people prefer of them, and the messages that the staff write."""
