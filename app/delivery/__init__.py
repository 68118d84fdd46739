"""How mails and calendars are written down and handed over: MIME, iCalendar and SMTP."""
