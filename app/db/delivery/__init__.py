"""Mails and messages: tables and queries."""
