"""Mails: staff and auditors see all, everybody else their own."""

from app.db.delivery.mails import mail_resource

list_mails = mail_resource.page
get_mail = mail_resource.get
