"""The database: the ledger of every send, and the people. SQLite by apsw."""
