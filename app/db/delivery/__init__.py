"""What leaves the service: mails, webhooks, the change feed: tables and questions."""
