"""Mails and messages: rules."""
