"""What leaves the service: mails, webhooks, the change feed: the use cases."""
