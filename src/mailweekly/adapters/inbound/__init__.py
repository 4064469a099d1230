"""Mailboxes that notices come to: IMAP, POP3, a Maildir, an mbox."""
