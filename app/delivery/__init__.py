"""How mails are written down and handed over: MIME, iCalendar and SMTP."""
