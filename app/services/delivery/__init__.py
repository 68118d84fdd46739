"""Mails and messages: use cases."""
